#include "wire/tracker_udp.hpp"

#include "wire/octets.hpp"

#include <algorithm>

namespace tau::wire::udp {
namespace {

void write_request_head(writer& out, std::uint64_t connection_id, udp_action action,
                        std::uint32_t transaction) {
    out.number(connection_id);
    out.number(static_cast<std::uint32_t>(action));
    out.number(transaction);
}

result<announce_reply> read_announce_reply(octet_reader& in, bool is_v6) {
    announce_reply out;
    out.interval_s = in.number<std::uint32_t>();
    out.counts.incomplete = in.number<std::uint32_t>();
    out.counts.complete = in.number<std::uint32_t>();
    std::size_t const size = is_v6 ? 18 : 6;
    while (!in.failed() && in.left() >= size) {
        TAU_TRY(peer, from_compact(in.octets(size)));
        out.peers.push_back(peer);
    }
    return out;
}

result<hop_path> read_path(octet_reader& in) {
    hop_path out;
    auto const count = in.number<std::uint8_t>();
    for (unsigned i = 0; i < count; ++i) {
        path_hop hop;
        TAU_TRY(wallet, wallet_address::from(in.octets(wallet_address::size_bytes)));
        auto const flags = in.number<std::uint8_t>();
        hop.liveness = in.number<std::uint16_t>();
        TAU_TRY(where, from_compact(in.octets((flags & flag_v6) != 0 ? 18 : 6)));
        hop.wallet = wallet;
        hop.where = where;
        hop.accepts = (flags & flag_accepts) != 0;
        if ((flags & flag_key) != 0) {
            TAU_TRY(key, public_key::from(in.octets(public_key::size_bytes)));
            hop.key = key;
        }
        out.push_back(hop);
    }
    return out;
}

result<route_reply> read_route_reply(octet_reader& in) {
    route_reply out;
    out.interval_s = in.number<std::uint32_t>();
    out.route.time = unix_ms{std::chrono::milliseconds{in.number<std::int64_t>()}};
    out.route.liveness = in.number<std::uint16_t>();
    auto const count = in.number<std::uint8_t>();
    for (unsigned i = 0; i < count; ++i) {
        TAU_TRY(path, read_path(in));
        out.route.paths.push_back(std::move(path));
    }
    return out;
}

result<reply> read_body(udp_action action, octet_reader& in, bool is_v6) {
    switch (action) {
    case udp_action::connect:
        return reply{connect_answer{in.number<std::uint64_t>()}};
    case udp_action::announce: {
        TAU_TRY(out, read_announce_reply(in, is_v6));
        return reply{std::move(out)};
    }
    case udp_action::scrape: {
        scrape_reply out;
        while (in.left() >= 12) {
            auto& row = out.rows.emplace_back();
            row.complete = in.number<std::uint32_t>();
            row.downloaded = in.number<std::uint32_t>();
            row.incomplete = in.number<std::uint32_t>();
        }
        return reply{std::move(out)};
    }
    case udp_action::error:
        return reply{error_reply{std::string(as_text(in.octets(in.left())))}};
    case udp_action::link: {
        link_reply out;
        out.interval_s = in.number<std::uint32_t>();
        out.time = unix_ms{std::chrono::milliseconds{in.number<std::int64_t>()}};
        return reply{out};
    }
    case udp_action::route: {
        TAU_TRY(out, read_route_reply(in));
        return reply{std::move(out)};
    }
    }
    return errc::invalid_argument;
}

} // namespace

bytes write_connect(std::uint32_t transaction) {
    bytes out(header_size);
    writer to(out);
    write_request_head(to, protocol_id, udp_action::connect, transaction);
    return out;
}

bytes write_announce(std::uint64_t connection_id, std::uint32_t transaction,
                     announce_request const& request, std::string_view url_data) {
    constexpr std::size_t piece = 255;
    bytes out(announce_size);
    writer to(out);
    write_request_head(to, connection_id, udp_action::announce, transaction);
    to.octets(request.hash);
    to.octets(request.id);
    to.number(request.downloaded);
    to.number(request.left);
    to.number(request.uploaded);
    to.number(static_cast<std::uint32_t>(request.event));
    to.number(std::uint32_t{0}); // ip: as seen
    to.number(std::uint32_t{0}); // key
    to.number(request.numwant.value_or(0xffff'ffff));
    to.number(request.port);
    for (; !url_data.empty(); url_data.remove_prefix(std::min(piece, url_data.size()))) {
        auto const part = as_bytes(url_data.substr(0, piece));
        out.push_back(2);
        out.push_back(static_cast<std::uint8_t>(part.size()));
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

bytes write_scrape(std::uint64_t connection_id, std::uint32_t transaction,
                   scrape_request const& request) {
    bytes out(header_size + request.hashes.size() * info_hash::size_bytes);
    writer to(out);
    write_request_head(to, connection_id, udp_action::scrape, transaction);
    for (auto const& hash : request.hashes)
        to.octets(hash);
    return out;
}

result<bytes> write_wallet_request(std::uint64_t connection_id, std::uint32_t transaction,
                                   announce_request const& request) {
    auto const& w = *request.wallet;
    bool const is_route = w.action == wallet_action::route;
    if (!is_route && w.action != wallet_action::link && w.action != wallet_action::unlink)
        return errc::invalid_argument;
    std::size_t const count = is_route ? w.paths : w.changes.size() + 1;
    if ((!is_route && count > max_changes) || w.tracker.size() > wallet_part::max_tracker_name)
        return errc::too_large;
    bytes out(71 + w.tracker.size() + wallet_signature::size_bytes
              + (is_route ? info_hash::size_bytes : count * 21));
    writer to(out);
    write_request_head(to, connection_id, is_route ? udp_action::route : udp_action::link,
                       transaction);
    to.octets(request.id);
    to.octets(w.wallet);
    to.number(static_cast<std::uint64_t>(w.time_ms));
    to.number(request.port);
    to.number(w.liveness);
    to.number(static_cast<std::uint8_t>(w.accepts ? 1 : 0));
    to.number(static_cast<std::uint8_t>(count));
    to.number(static_cast<std::uint8_t>(w.tracker.size()));
    to.octets(as_bytes(w.tracker));
    to.octets(w.sign);
    if (!is_route)
        to.number(static_cast<std::uint8_t>(w.action == wallet_action::link ? 1 : 0));
    to.octets(request.hash);
    for (auto const& change : w.changes) {
        if (is_route)
            break;
        to.number(static_cast<std::uint8_t>(change.is_claim ? 1 : 0));
        to.octets(change.wallet);
    }
    return out;
}

result<answer_datagram> read_answer(byte_view datagram, bool is_v6) {
    octet_reader in(datagram);
    auto const action = static_cast<udp_action>(in.number<std::uint32_t>());
    answer_datagram out;
    out.transaction = in.number<std::uint32_t>();
    if (in.failed())
        return errc::invalid_length;
    TAU_TRY(body, read_body(action, in, is_v6));
    if (in.failed())
        return errc::invalid_length;
    out.body = std::move(body);
    return out;
}

} // namespace tau::wire::udp
