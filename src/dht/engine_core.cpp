#include "dht/engine_core.hpp"

#include "core/address.hpp"

#include <algorithm>
#include <utility>

namespace tau::dht {
namespace {

// Seeds kept for store traversals; a routing table holds about as many.
constexpr std::size_t max_seed_nodes = 256;
// A node of which nothing is known is given this multiple of the usual round trip.
constexpr int unknown_factor = 3;

} // namespace

engine_core::engine_core(config const& c, node_identity s, random_source& r)
    : settings(c), self(std::move(s)), random(r),
      answers(std::make_shared<snapshot_responder>(c, self, r.make<hash256>())) {}

request_id engine_core::send(query_owner owner, std::uint64_t job, endpoint const& to,
                             lt::entry query, pace_class pace, time_point now, std::uint32_t tag) {
    auto const id = next_id();
    queries.emplace(id, open_query{owner, job, to, tag});
    paced.submit({id, to, std::move(query)}, pace, now);
    return id;
}

void engine_core::forget(std::vector<request_id> const& ids) {
    for (auto const id : ids)
        queries.erase(id);
}

void engine_core::call(std::function<void()> observer) {
    actions.emplace_back(deliver{std::move(observer)});
}

std::vector<candidate> engine_core::candidates(public_key const& key,
                                               std::optional<endpoint> const& first, moment now) {
    auto out = book.candidates(key, settings.max_endpoints_per_key, now);
    if (!can_connect(voter.nat(), book.nat_of(key)))
        std::erase_if(
            out, [](candidate const& c) { return !c.proven && !is_private(c.where.address()); });
    if (first) {
        std::erase_if(out, [&](candidate const& c) { return c.where == *first; });
        out.insert(out.begin(), describe(key, *first, now));
    }
    if (out.size() > settings.max_direct_endpoints)
        out.resize(settings.max_direct_endpoints);
    for (auto& c : out)
        c.guess = average.srtt * unknown_factor;
    return out;
}

candidate engine_core::describe(public_key const& key, endpoint const& where, moment now) const {
    auto out = book.describe(key, where, now);
    out.guess = average.srtt * unknown_factor;
    return out;
}

void engine_core::learn_rtt(std::chrono::microseconds sample) {
    auto const off = average.srtt > sample ? average.srtt - sample : sample - average.srtt;
    if (average.srtt.count() == 0) {
        average.srtt = std::max(sample, std::chrono::microseconds{1});
        average.rttvar = sample / 2;
    } else {
        average.rttvar = (7 * average.rttvar + off) / 8;
        average.srtt = std::max((15 * average.srtt + sample) / 16, std::chrono::microseconds{1});
    }
}

std::chrono::microseconds engine_core::resend_after() const {
    return average.resend_after(settings);
}

void engine_core::learn_nodes(std::vector<wire::node_info> const& found) {
    for (auto const& node : found) {
        if (node.where.port() == 0)
            continue;
        std::erase_if(nodes, [&](wire::node_info const& old) { return old.where == node.where; });
        nodes.push_back(node);
    }
    if (nodes.size() > max_seed_nodes)
        nodes.erase(nodes.begin(),
                    nodes.begin() + static_cast<std::ptrdiff_t>(nodes.size() - max_seed_nodes));
}

void engine_core::forget_nodes(std::vector<endpoint> const& dead) {
    std::erase_if(nodes, [&](wire::node_info const& node) {
        return std::find(dead.begin(), dead.end(), node.where) != dead.end();
    });
}

} // namespace tau::dht
