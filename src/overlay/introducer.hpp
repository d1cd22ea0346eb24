#pragma once

#include "core/rate_limiter.hpp"
#include "overlay/reach_book.hpp"
#include "wire/rendezvous.hpp"

#include <functional>
#include <map>
#include <optional>

namespace tau::overlay {

/// What an introducer needs of the links; implemented by plugins/tau or a test.
class introducer_port {
public:
    virtual ~introducer_port() = default;
    [[nodiscard]] virtual bool is_linked(wallet_address const& who) const = 0;
    /// The address of the other end of a link.
    [[nodiscard]] virtual std::optional<endpoint> seen_at(wallet_address const& who) const = 0;
    virtual void send(wallet_address const& to, wire::link_kind kind, byte_view body) = 0;
    /// Open a connection over uTP to `who`, who opens one to us at the same time.
    virtual void meet(wallet_address const& who, endpoint const& where) = 0;
};

/// Brings two neighbours of one node together though NATs are around both: each is told
/// where the other is, and both begin at once, so that what leaves one NAT opens it for what
/// comes from the other. The three parts in this play are one class, as each node is all of them.
///
/// A node connects to nobody but who asked for it or whom it asked for, and only at an
/// address from which the neighbour that introduces them has a link.
///
/// Source:    BEP 55 in messages of links; docs/wire/hello.md, "Rendezvous".
/// Threading: tau thread. Errors: what does not fit is ignored.
class introducer {
public:
    static constexpr double asks_per_second = 1; ///< of one neighbour, as asker or asked
    static constexpr double asks_burst = 8;
    /// From a question on, until its answer is not waited for any more.
    static constexpr std::chrono::seconds patience{10};
    static constexpr std::size_t max_open = 256; ///< questions and calls that wait

    explicit introducer(introducer_port& port);

    /// Where others are to meet us: endpoint and NAT of the UDP socket.
    void set_own(wire::reach const& own) { m_own = own; }
    /// Has our neighbour `by` introduce us to `whom`.
    void ask(wallet_address const& by, wallet_address const& whom, time_point now);
    void on_message(wallet_address const& from, byte_view body, time_point now);

private:
    using pair = std::pair<wallet_address, wallet_address>;

    void send(wallet_address const& to, wire::rendezvous_step step, wallet_address const& who,
              wire::reach const& where);
    void on_ask(wallet_address const& from, wire::rendezvous const& what, time_point now);
    void on_call(wallet_address const& from, wire::rendezvous const& what, time_point now);
    void on_answer(wallet_address const& from, wire::rendezvous const& what, time_point now);
    void on_come(wallet_address const& from, wire::rendezvous const& what, time_point now);
    [[nodiscard]] bool add(std::map<pair, time_point>& to, pair const& what, time_point now) const;
    [[nodiscard]] static bool take(std::map<pair, time_point>& from, pair const& what,
                                   time_point now);

    introducer_port& m_port;
    wire::reach m_own{};
    std::map<pair, time_point> m_asked;  // neighbour, whom -> until
    std::map<pair, time_point> m_called; // who was asked for, who asked -> until
    rate_limiter<wallet_address> m_budget;
};

} // namespace tau::overlay
