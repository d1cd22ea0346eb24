#include "net/redis/lane_layout.hpp"

#include "core/hex.hpp"

#include <algorithm>
#include <map>

namespace tau::net {

using wire::replica::device_change;

lane_layout::lane_layout(std::string const& prefix, std::size_t lane, std::uint32_t lifetime_s)
    : m_tag("{" + prefix + ":" + std::to_string(lane) + "}:"), m_slot(redis_slot(m_tag)),
      m_lifetime_s(std::max(lifetime_s, epoch_s)) {}

std::string lane_layout::peers(std::uint32_t epoch) const {
    return m_tag + "peers:" + std::to_string(epoch);
}

std::string lane_layout::devices(std::uint32_t epoch) const {
    return m_tag + "devices:" + std::to_string(epoch);
}

std::string lane_layout::claims(wallet_address const& wallet) const {
    return m_tag + "claims:" + to_hex(wallet);
}

std::vector<std::uint32_t> lane_layout::epochs(std::uint32_t redis_s) const {
    std::vector<std::uint32_t> out;
    auto const oldest = redis_s - std::min(redis_s, m_lifetime_s + slack_s);
    for (auto epoch = oldest / epoch_s; epoch <= (redis_s + slack_s) / epoch_s; ++epoch)
        out.push_back(epoch);
    return out;
}

void lane_layout::store_claims(device_change const& change, std::vector<redis_command>& out) const {
    auto const key = claims(change.wallet);
    if (change.ends_wallet) {
        out.push_back({"UNLINK", key});
        return;
    }
    std::map<wallet_address, bool> last; // of several changes of one link the last holds
    for (auto const& c : change.changes)
        last[c.wallet] = c.is_claim;
    for (bool const is_claim : {true, false}) {
        redis_command command{is_claim ? "SADD" : "SREM", key};
        for (auto const& [wallet, claims_it] : last)
            if (claims_it == is_claim)
                command.emplace_back(as_text(wallet));
        if (command.size() > 2)
            out.push_back(std::move(command));
    }
    out.push_back({"EXPIRE", key, std::to_string(m_lifetime_s + slack_s)});
}

std::vector<redis_command> lane_layout::store(wire::replica::batch const& changes,
                                              std::uint32_t seen_s, std::uint32_t redis_s) const {
    std::vector<redis_command> out;
    auto const epoch = redis_s / epoch_s;
    if (!changes.peers.empty()) {
        redis_command command{"HSET", peers(epoch)};
        for (auto const& c : changes.peers) {
            command.push_back(wire::replica::peer_field(c));
            command.push_back(wire::replica::peer_value(c, seen_s));
        }
        out.push_back(std::move(command));
    }
    if (changes.devices.empty())
        return out;
    redis_command command{"HSET", devices(epoch)};
    for (auto const& c : changes.devices) {
        command.push_back(wire::replica::device_field(c));
        command.push_back(wire::replica::device_value(c, seen_s));
    }
    out.push_back(std::move(command));
    for (auto const& c : changes.devices)
        store_claims(c, out);
    return out;
}

std::vector<redis_command> lane_layout::begin_epoch(std::uint32_t redis_s) const {
    std::vector<redis_command> out;
    auto const epoch = redis_s / epoch_s;
    auto const ends = std::to_string(std::uint64_t{epoch + 1} * epoch_s + m_lifetime_s + slack_s);
    out.push_back({"EXPIREAT", peers(epoch), ends});
    out.push_back({"EXPIREAT", devices(epoch), ends});
    out.push_back({"EXPIRE", log(), std::to_string(log_lifetime_s)});
    // Redis would free a large hash that expired while everybody waits; this does
    // it in the background.
    auto const first = epochs(redis_s).front();
    for (std::uint32_t back = 1; back <= 2 && back <= first; ++back)
        out.push_back({"UNLINK", peers(first - back), devices(first - back)});
    return out;
}

redis_command lane_layout::append(byte_view batch) const {
    return {"XADD", log(), "MAXLEN", "~", log_length, "*", "b", std::string(as_text(batch))};
}

} // namespace tau::net
