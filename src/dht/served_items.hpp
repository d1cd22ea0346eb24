#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/endpoint.hpp"
#include "wire/exchange.hpp"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tau::dht {

/// An item of ours in the shape in which it is sent.
struct served_item {
    std::vector<char> value; ///< raw bencoded `v`
    std::string key;         ///< empty for an immutable item
    std::string sig;
    std::int64_t seq = 0;

    [[nodiscard]] bool is_mutable() const { return !key.empty(); }
};

/// Targets are hashes that we made, so their own octets spread well.
struct target_hash {
    std::size_t operator()(target const& t) const noexcept {
        std::uint64_t out;
        std::memcpy(&out, t.data() + 8, sizeof out);
        return static_cast<std::size_t>(out);
    }
};

/// What one key is handed in an exchange, cut into datagrams.
using offer_pages = std::vector<wire::exchange_load>;

/// One proof that was accepted: this key owns this endpoint until then.
struct accepted_proof {
    endpoint where;
    time_point until;
};

/// Everything that the answering thread needs, never changed once it is published.
struct served_snapshot {
    using shard = std::unordered_map<target, std::shared_ptr<served_item const>, target_hash>;
    static constexpr std::size_t shard_count = 64;
    template <class Value>
    using by_key = std::unordered_map<public_key, Value>;

    std::array<std::shared_ptr<shard const>, shard_count> shards{};
    std::shared_ptr<by_key<std::shared_ptr<offer_pages const>> const> offers;
    std::shared_ptr<by_key<std::vector<accepted_proof>> const> proofs;

    [[nodiscard]] served_item const* find(target const& what) const;
    [[nodiscard]] bool is_proven(public_key const& key, endpoint const& where,
                                 time_point now) const;
    [[nodiscard]] offer_pages const* offer_for(public_key const& key) const;
};

/// Cuts a load into pages that fit one datagram each, in order.
[[nodiscard]] offer_pages cut_pages(wire::exchange_load const& load, public_key const& sender);

/// Builds the next snapshot. Only the parts that changed are copied, and only when
/// publish() is called, so that many changes in a row cost one copy.
///
/// Threading: tau thread. Errors: none.
class served_items {
public:
    void serve(target const& what, served_item item);
    void forget(target const& what);
    void offer(public_key const& to, offer_pages pages);
    void prove(public_key const& key, endpoint const& where, time_point until, time_point now);

    [[nodiscard]] served_item const* find(target const& what) const;
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool changed() const { return m_changed; }
    [[nodiscard]] std::shared_ptr<served_snapshot const> publish();

private:
    using shard = served_snapshot::shard;

    std::array<shard, served_snapshot::shard_count> m_shards;
    std::array<bool, served_snapshot::shard_count> m_dirty{};
    served_snapshot::by_key<std::shared_ptr<offer_pages const>> m_offers;
    served_snapshot::by_key<std::vector<accepted_proof>> m_proofs;
    bool m_offers_dirty = true;
    bool m_proofs_dirty = true;
    bool m_changed = true;
    std::size_t m_size = 0;
    served_snapshot m_last;
};

} // namespace tau::dht
