#pragma once

#include "identity/wallet.hpp"
#include "net/tracker_shared_store.hpp"
#include "support/manual_clock.hpp"
#include "tracker/announce_service.hpp"

#include <set>

namespace tau::tracker::test {

/// A wallet and device that signs its requests, with a fixed key.
class client {
public:
    explicit client(char name)
        : m_key(identity::wallet_key::from(bytes(32, static_cast<std::uint8_t>(name))).value()),
          m_address(
              boost::asio::ip::make_address("10.0.0." + std::to_string(static_cast<int>(name)))) {
        m_id.octets.fill(static_cast<std::uint8_t>(name));
    }

    [[nodiscard]] wallet_address const& wallet() const { return m_key.address(); }
    [[nodiscard]] info_hash as_hash() const { return {wallet().octets}; }
    [[nodiscard]] ip_address const& address() const { return m_address; }
    [[nodiscard]] endpoint where() const { return {m_address, 6881}; }

    [[nodiscard]] wire::announce_request plain(info_hash const& hash) const {
        wire::announce_request out;
        out.hash = hash;
        out.id = m_id;
        out.port = 6881;
        out.left = 1;
        return out;
    }
    [[nodiscard]] wire::announce_request request(info_hash const& hash, wire::wallet_action action,
                                                 std::int64_t time_ms) const {
        auto out = plain(hash);
        auto& w = out.wallet.emplace();
        w.wallet = wallet();
        w.action = action;
        w.time_ms = time_ms;
        w.liveness = 900;
        return out;
    }
    void sign(wire::announce_request& request, std::string const& tracker) const {
        request.wallet->tracker = tracker;
        request.wallet->sign =
            m_key.personal_sign(as_bytes(wire::tracker_statement(request, tracker)));
    }

private:
    identity::wallet_key m_key;
    wire::peer_id m_id;
    ip_address m_address;
};

/// A tracker in one thread with a clock that stands still.
struct tracker_under_test {
    tau::test::manual_clock clock;
    std::string const name = "127.0.0.1:6969";
    policy rules;
    net::tracker_shared_store store;
    counters counted;
    announce_service service;
    wire::announce_answer answer;
    std::int64_t ticket = 0;

    explicit tracker_under_test(wallet_limits wallets = {}, policy p = {})
        : rules(std::move(p)), store({}, wallets, 7, clock),
          service(store, std::make_shared<policy const>(rules), counted, 1) {}

    [[nodiscard]] asker from(client const& c) const {
        asker out;
        out.address = c.address();
        out.asked = parse_endpoint("127.0.0.1:6969").value();
        return out;
    }
    /// A time that rises with each call.
    std::int64_t next_time() { return clock.now().wall.time_since_epoch().count() + ++ticket; }

    refusal send(wire::announce_request const& request, client const& c) {
        return service.announce(request, from(c), clock.now(), answer);
    }
    refusal say(client const& c, info_hash const& hash, wire::wallet_action action,
                wire::announce_event event = wire::announce_event::none) {
        auto r = c.request(hash, action, next_time());
        r.event = event;
        c.sign(r, name);
        return send(r, c);
    }
    /// Both ends announce to `topic` and claim each other.
    void connect(client const& a, client const& b) {
        (void)say(a, b.as_hash(), wire::wallet_action::link);
        (void)say(b, a.as_hash(), wire::wallet_action::link);
    }
    /// Wallets of the paths in the last answer.
    [[nodiscard]] std::vector<std::vector<wallet_address>> paths() const {
        std::vector<std::vector<wallet_address>> out;
        if (answer.route)
            for (auto const& p : answer.route->paths) {
                auto& row = out.emplace_back();
                for (auto const& hop : p)
                    row.push_back(hop.wallet);
            }
        return out;
    }
    [[nodiscard]] std::vector<endpoint> peers() const {
        std::vector<endpoint> out;
        for (std::size_t at = 0; at < answer.peers.size(); at += 6)
            out.push_back(
                from_compact(as_bytes(std::string_view(answer.peers).substr(at, 6))).value());
        return out;
    }
    void expire() { store.expire_part(clock.now(), 1), store.expire_part(clock.now(), 1); }
};

} // namespace tau::tracker::test
