#include "wire/tracker_http_answer.hpp"

#include "wire/bencode_node.hpp"

#include <algorithm>
#include <limits>

namespace tau::wire {
namespace {

// The tracker's eight longest paths have some 1,500; peers as dictionaries five each.
constexpr int max_tokens = 8192;
constexpr int max_depth = 8;
constexpr std::size_t max_failure = 500;

void add_compact(byte_view octets, std::size_t size, std::vector<endpoint>& out) {
    for (; octets.size() >= size && out.size() < announce_reading::max_peers;
         octets = octets.subspan(size))
        out.push_back(from_compact(octets.first(size)).value());
}

// BEP 3's form; a name instead of an address is nobody we would ask.
void add_dictionaries(lt::bdecode_node const& list, std::vector<endpoint>& out) {
    for (int i = 0; i < list.list_size() && out.size() < announce_reading::max_peers; ++i) {
        auto const one = list.list_at(i);
        if (one.type() != lt::bdecode_node::dict_t)
            continue;
        auto const port = find_int(one, "port");
        auto const text = find_string(one, "ip");
        if (!port || !text || *port < 1 || *port > 65535)
            continue;
        error_code ec;
        auto const where = boost::asio::ip::make_address(std::string(as_text(*text)), ec);
        if (!ec)
            out.emplace_back(where, static_cast<std::uint16_t>(*port));
    }
}

result<path_hop> read_hop(lt::bdecode_node const& node) {
    if (node.type() != lt::bdecode_node::dict_t)
        return errc::invalid_encoding;
    path_hop out;
    TAU_TRY(wallet, find_fixed<wallet_address>(node, "wallet"));
    auto const where = find_string(node, "endpoint");
    if (!where)
        return errc::invalid_encoding;
    TAU_TRY(endpoint, from_compact(*where));
    out.wallet = wallet;
    out.where = endpoint;
    out.accepts = find_int(node, "accepts") == 1;
    out.liveness = static_cast<std::uint16_t>(std::clamp<std::int64_t>(
        find_int(node, "liveness").value_or(0), 0, wallet_part::liveness_one));
    if (find_string(node, "key")) {
        TAU_TRY(key, find_fixed<public_key>(node, "key"));
        out.key = key;
    }
    return out;
}

error_code read_paths(lt::bdecode_node const& list, std::vector<hop_path>& out) {
    for (int i = 0; i < list.list_size() && out.size() < wallet_part::max_paths; ++i) {
        auto const hops = list.list_at(i);
        if (hops.type() != lt::bdecode_node::list_t)
            return errc::invalid_encoding;
        if (static_cast<std::size_t>(hops.list_size()) > announce_reading::max_path_hops)
            return errc::too_large;
        auto& path = out.emplace_back();
        for (int at = 0; at < hops.list_size(); ++at) {
            auto hop = read_hop(hops.list_at(at));
            if (!hop)
                return hop.error();
            path.push_back(hop.value());
        }
    }
    return {};
}

void read_peers(lt::bdecode_node const& root, std::vector<endpoint>& out) {
    if (auto const compact = find_string(root, "peers"))
        add_compact(*compact, 6, out);
    else if (auto const list = root.dict_find_list("peers"))
        add_dictionaries(list, out);
    if (auto const compact = find_string(root, "peers6"))
        add_compact(*compact, 18, out);
}

} // namespace

result<announce_reading> read_announce_answer(byte_view body) {
    if (body.size() > announce_reading::max_size)
        return errc::too_large;
    lt::error_code ec;
    auto const text = as_text(body);
    auto const root = lt::bdecode({text.data(), static_cast<std::ptrdiff_t>(text.size())}, ec,
                                  nullptr, max_depth, max_tokens);
    if (ec || root.type() != lt::bdecode_node::dict_t)
        return errc::invalid_encoding;
    announce_reading out;
    if (auto const time = find_int(root, "time"))
        out.time = unix_ms{std::chrono::milliseconds{*time}};
    if (auto const reason = find_string(root, "failure reason")) {
        out.failure = as_text(reason->first(std::min(reason->size(), max_failure)));
        if (out.failure.empty())
            out.failure = "refused";
        return out;
    }
    out.interval_s = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
        find_int(root, "interval").value_or(0), 0, std::numeric_limits<std::int32_t>::max()));
    out.liveness = static_cast<std::uint16_t>(std::clamp<std::int64_t>(
        find_int(root, "liveness").value_or(0), 0, wallet_part::liveness_one));
    read_peers(root, out.peers);
    if (auto const paths = root.dict_find_list("paths"))
        if (auto const problem = read_paths(paths, out.paths))
            return problem;
    return out;
}

} // namespace tau::wire
