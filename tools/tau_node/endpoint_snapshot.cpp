#include "tau_node/endpoint_snapshot.hpp"

#include "core/hex.hpp"
#include "identity/private_file.hpp"

#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;

constexpr std::size_t max_file_bytes = max_snapshot_endpoints * 256;

result<dht::known_endpoint> read_entry(json const& entry) {
    if (!entry.is_object() || !entry.contains("key") || !entry["key"].is_string()
        || !entry.contains("endpoint") || !entry["endpoint"].is_string())
        return errc::invalid_encoding;
    dht::known_endpoint out;
    TAU_TRY(key, fixed_from_hex<public_key>(entry["key"].get<std::string>()));
    TAU_TRY(where, parse_endpoint(entry["endpoint"].get<std::string>()));
    out.key = key;
    out.where = where;
    if (auto const seen = entry.find("last_success_ms");
        seen != entry.end() && seen->is_number_integer())
        out.last_success = unix_ms(std::chrono::milliseconds(seen->get<std::int64_t>()));
    out.source = dht::endpoint_source::answer;
    return out;
}

} // namespace

bool save_endpoints(std::vector<dht::known_endpoint> const& known,
                    std::filesystem::path const& file) {
    json out = json::array();
    for (auto const& e : known) {
        if (out.size() >= max_snapshot_endpoints)
            break;
        out.push_back({{"key", to_hex(e.key)},
                       {"endpoint", to_string(e.where)},
                       {"last_success_ms", e.last_success.time_since_epoch().count()}});
    }
    auto const text = out.dump(0);
    return !identity::write_private_file(file, as_bytes(text), identity::write_mode::replace);
}

std::vector<dht::known_endpoint> load_endpoints(std::filesystem::path const& file) {
    std::vector<dht::known_endpoint> out;
    auto const stored = identity::read_private_file(file, max_file_bytes);
    if (!stored)
        return out;
    auto const parsed = json::parse(as_text(stored.value().view()), nullptr, false);
    if (!parsed.is_array())
        return out;
    for (auto const& entry : parsed) {
        auto const known = read_entry(entry);
        if (known && out.size() < max_snapshot_endpoints)
            out.push_back(known.value());
    }
    return out;
}

} // namespace tau::node
