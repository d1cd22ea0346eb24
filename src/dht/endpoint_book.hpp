#pragma once

#include "dht/config.hpp"
#include "dht/endpoint_record.hpp"
#include "wire/endpoint_value.hpp"

#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tau::dht {

/// A node that may be asked for a key, and how soon it is expected to answer.
struct candidate {
    endpoint where;
    std::chrono::microseconds srtt{0}; ///< zero: unknown
    std::chrono::microseconds rttvar{0};
    bool proven = false;
    /// What other nodes let expect while srtt is unknown; zero: nothing.
    std::chrono::microseconds guess{0};

    /// How long to wait for an answer before the datagram counts as lost.
    [[nodiscard]] std::chrono::microseconds resend_after(config const& settings) const;
};

/// Where keys were last seen.
///
/// At most max_endpoints_per_key for a key and max_known_keys keys; the least recently
/// used makes room. Only prove() makes an endpoint believed; the rest are places to ask.
/// Source: docs/wire/endpoints.md. Threading: tau thread. Errors: none.
class endpoint_book {
public:
    explicit endpoint_book(config const& settings) : m_settings(settings) {}

    void hint(public_key const& key, endpoint const& where, endpoint_source source, moment now);
    /// The key signed our fresh nonce at `where`.
    void prove(public_key const& key, endpoint const& where, moment now);
    void succeeded(public_key const& key, endpoint const& where, std::chrono::microseconds rtt,
                   moment now);
    void failed(public_key const& key, endpoint const& where, moment now);
    void set_nat(public_key const& key, wire::stated_nat nat);

    /// Whom to ask for `key`, best first, at most `limit`. Nodes that were silent again and
    /// again are tried once a minute only.
    [[nodiscard]] std::vector<candidate> candidates(public_key const& key, std::size_t limit,
                                                    moment now);
    /// What is known of one endpoint; a bare candidate if it is new.
    [[nodiscard]] candidate describe(public_key const& key, endpoint const& where,
                                     moment now) const;
    [[nodiscard]] bool is_proven(public_key const& key, endpoint const& where, moment now) const;
    [[nodiscard]] std::optional<endpoint> last_proven(public_key const& key) const;
    [[nodiscard]] wire::stated_nat nat_of(public_key const& key) const;

    [[nodiscard]] std::size_t size() const { return m_keys.size(); }
    [[nodiscard]] std::vector<known_endpoint> export_all() const;
    void import_all(std::vector<known_endpoint> const& known, moment now);

private:
    struct record {
        endpoint where;
        endpoint_source source = endpoint_source::hint;
        std::optional<time_point> proven_at{}; // on this run
        bool was_proven = false;               // ever, also before a restart
        unix_ms last_success{};
        std::chrono::microseconds srtt{0};
        std::chrono::microseconds rttvar{0};
        int failures = 0; // since the last success
        time_point last_try{};
        time_point added{};
    };
    struct entry {
        public_key key;
        wire::stated_nat nat = wire::stated_nat::unknown;
        std::vector<record> places{};
    };
    using order = std::list<entry>; // most recently used first

    entry& use(public_key const& key);
    record& place(public_key const& key, endpoint const& where, moment now);
    [[nodiscard]] record const* find(public_key const& key, endpoint const& where) const;
    [[nodiscard]] entry const* find(public_key const& key) const;
    [[nodiscard]] bool fresh(record const& r, moment now) const;

    config const& m_settings;
    order m_order;
    std::unordered_map<public_key, order::iterator> m_keys;
};

} // namespace tau::dht
