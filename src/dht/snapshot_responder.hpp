#pragma once

#include "core/rate_limiter.hpp"
#include "dht/config.hpp"
#include "dht/endpoint_hash.hpp"
#include "dht/responder.hpp"
#include "dht/served_items.hpp"
#include "wire/krpc.hpp"

#include <atomic>
#include <memory>

namespace tau::dht {

/// Makes and checks the challenges of exchanges without keeping any of them: a keyed
/// hash of asker, its endpoint and the time. Thread-safe: nothing changes after the
/// constructor.
class challenge_maker {
public:
    /// A challenge is good for at least this long and less than twice as long.
    static constexpr std::chrono::minutes period{5};

    explicit challenge_maker(hash256 const& secret) : m_secret(secret) {}

    [[nodiscard]] nonce make(public_key const& asker, endpoint const& where, time_point now) const;
    [[nodiscard]] bool check(nonce const& challenge, public_key const& asker, endpoint const& where,
                             time_point now) const;

private:
    [[nodiscard]] nonce at(public_key const& asker, endpoint const& where, std::int64_t slot) const;

    hash256 m_secret;
};

/// The responder of an engine: answers `get` and `tau_exchange` from the last snapshot.
///
/// Threading: on_query() on one thread, publish() on another or the same. They meet in one
/// atomic version number; the shared pointer is touched only when the snapshot has changed.
/// Errors:    see responder.
class snapshot_responder final : public responder {
public:
    snapshot_responder(config const& settings, node_identity self, hash256 const& secret);

    [[nodiscard]] reply on_query(std::string_view query, endpoint const& source,
                                 lt::bdecode_node const& message, lt::entry& response,
                                 moment now) override;

    // Tau thread.
    void publish(std::shared_ptr<served_snapshot const> next);
    [[nodiscard]] challenge_maker const& challenges() const { return m_challenges; }
    [[nodiscard]] std::uint64_t gets_served() const { return m_gets_served.load(); }
    [[nodiscard]] std::uint64_t rate_limited() const { return m_rate_limited.load(); }
    [[nodiscard]] std::uint64_t malformed() const { return m_malformed.load(); }

private:
    void refresh();
    reply answer_get(endpoint const& source, lt::bdecode_node const& message, lt::entry& response,
                     moment now);
    reply answer_exchange(endpoint const& source, lt::bdecode_node const& message,
                          lt::entry& response, moment now);
    /// Whether gossip that rides on a get is taken: of who proved to be at `source`, within
    /// what an address may do; it counts like an exchange.
    [[nodiscard]] bool takes_rider(wire::get_rider const& rider, endpoint const& source,
                                   moment now);
    /// What the answer carries back; an empty string where there is no room beside
    /// `value_bytes`.
    [[nodiscard]] bytes gossip_for(public_key const& asker, std::size_t value_bytes) const;
    [[nodiscard]] wire::exchange_reply draft(wire::exchange_query const& query,
                                             endpoint const& source, moment now) const;

    config const m_settings;
    node_identity const m_self;
    challenge_maker const m_challenges;

    std::shared_ptr<served_snapshot const> m_next; // only by std::atomic_load and _store
    std::atomic<std::uint64_t> m_version{0};

    // Of the answering thread.
    std::shared_ptr<served_snapshot const> m_current;
    std::uint64_t m_current_version = 0;
    rate_limiter<ip_address, address_hash> m_bytes;
    rate_limiter<ip_address, address_hash> m_exchanges;

    std::atomic<std::uint64_t> m_gets_served{0};
    std::atomic<std::uint64_t> m_rate_limited{0};
    std::atomic<std::uint64_t> m_malformed{0};
};

} // namespace tau::dht
