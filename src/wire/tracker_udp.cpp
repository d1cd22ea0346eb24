#include "wire/tracker_udp.hpp"

namespace tau::wire::udp {
namespace {

constexpr std::uint8_t option_end = 0;
constexpr std::uint8_t option_nop = 1;
constexpr std::uint8_t option_url_data = 2;

template <class Number>
Number number_at(byte_view data, std::size_t at) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        out = out << 8 | data[at + i];
    return static_cast<Number>(out);
}

template <class Fixed>
Fixed fixed_at(byte_view data, std::size_t at) {
    Fixed out;
    std::memcpy(out.data(), data.data() + at, Fixed::size_bytes);
    return out;
}

announce_event event_of(std::uint32_t number) {
    // 4 is not in BEP 15; clients that know BEP 21 send it as HTTP's "paused".
    return number <= 4 ? static_cast<announce_event>(number) : announce_event::none;
}

error_code read_url_data(byte_view options, std::string& out) {
    std::size_t at = 0;
    while (at < options.size()) {
        auto const option = options[at++];
        if (option == option_nop)
            continue;
        if (option != option_url_data || at == options.size())
            return {};
        std::size_t const length = options[at++];
        if (length > options.size() - at)
            return {};
        if (out.size() + length > max_url_data)
            return errc::too_large;
        out += as_text(options.subspan(at, length));
        at += length;
    }
    return {};
}

// What `link` and `route` have in common; `at` is moved behind it.
result<announce_request> read_wallet_head(byte_view data, std::size_t& at) {
    constexpr std::size_t fixed_part = 71;
    if (data.size() < fixed_part)
        return errc::invalid_length;
    announce_request out;
    auto& w = out.wallet.emplace();
    out.id = fixed_at<peer_id>(data, 16);
    w.wallet = fixed_at<wallet_address>(data, 36);
    w.time_ms = number_at<std::int64_t>(data, 56);
    out.port = number_at<std::uint16_t>(data, 64);
    w.liveness = number_at<std::uint16_t>(data, 66);
    w.accepts = (data[68] & flag_accepts) != 0;
    std::size_t const name = data[70];
    at = fixed_part + name + wallet_signature::size_bytes;
    if (data.size() < at)
        return errc::invalid_length;
    if (w.liveness > wallet_part::liveness_one)
        return errc::invalid_argument;
    w.tracker = as_text(data.subspan(fixed_part, name));
    w.sign = fixed_at<wallet_signature>(data, fixed_part + name);
    return out;
}

error_code read_changes(byte_view data, std::size_t at, announce_request& out) {
    constexpr std::size_t change_size = 1 + wallet_address::size_bytes;
    std::size_t const count = data[69];
    if (count == 0 || count > max_changes)
        return errc::invalid_argument;
    if (data.size() < at + count * change_size)
        return errc::invalid_length;
    for (std::size_t i = 0; i < count; ++i, at += change_size) {
        link_change const change{fixed_at<wallet_address>(data, at + 1), data[at] != 0};
        if (i > 0) {
            out.wallet->changes.push_back(change);
            continue;
        }
        out.hash = fixed_at<info_hash>(data, at + 1);
        out.wallet->action = change.is_claim ? wallet_action::link : wallet_action::unlink;
    }
    return {};
}

std::optional<std::uint32_t> numwant_of(byte_view announce) {
    auto const wanted = number_at<std::int32_t>(announce, 92);
    return wanted >= 0 ? std::optional(static_cast<std::uint32_t>(wanted)) : std::nullopt;
}

} // namespace

result<request_head> read_head(byte_view datagram) {
    if (datagram.size() < header_size)
        return errc::invalid_length;
    return request_head{number_at<std::uint64_t>(datagram, 0),
                        static_cast<udp_action>(number_at<std::uint32_t>(datagram, 8)),
                        number_at<std::uint32_t>(datagram, 12)};
}

result<announce_datagram> read_announce(byte_view datagram) {
    if (datagram.size() < announce_size)
        return errc::invalid_length;
    announce_datagram out;
    auto& r = out.request;
    r.hash = fixed_at<info_hash>(datagram, 16);
    r.id = fixed_at<peer_id>(datagram, 36);
    r.downloaded = number_at<std::uint64_t>(datagram, 56);
    r.left = number_at<std::uint64_t>(datagram, 64);
    r.uploaded = number_at<std::uint64_t>(datagram, 72);
    r.event = event_of(number_at<std::uint32_t>(datagram, 80));
    r.numwant = numwant_of(datagram);
    r.port = number_at<std::uint16_t>(datagram, 96);
    if (datagram.size() > announce_size && datagram[announce_size] != option_end)
        if (auto const ec = read_url_data(datagram.subspan(announce_size), out.url_data))
            return ec;
    return out;
}

std::optional<announce_subject> subject_of_announce(byte_view datagram) {
    if (datagram.size() < announce_size
        || number_at<std::uint32_t>(datagram, 8)
               != static_cast<std::uint32_t>(udp_action::announce))
        return std::nullopt;
    return announce_subject{fixed_at<info_hash>(datagram, 16),
                            number_at<std::uint16_t>(datagram, 96), numwant_of(datagram)};
}

result<scrape_request> read_scrape(byte_view datagram) {
    constexpr std::size_t size = info_hash::size_bytes;
    if (datagram.size() < header_size + size)
        return errc::invalid_length;
    scrape_request out;
    for (auto at = header_size; at + size <= datagram.size(); at += size)
        if (out.hashes.size() < scrape_request::max_hashes)
            out.hashes.push_back(fixed_at<info_hash>(datagram, at));
    return out;
}

result<announce_request> read_wallet_request(byte_view datagram) {
    TAU_TRY(head, read_head(datagram));
    std::size_t at = 0;
    TAU_TRY(out, read_wallet_head(datagram, at));
    if (head.action == udp_action::link) {
        if (auto const ec = read_changes(datagram, at, out))
            return ec;
        return std::move(out);
    }
    if (datagram.size() < at + info_hash::size_bytes)
        return errc::invalid_length;
    out.wallet->paths = datagram[69];
    if (out.wallet->paths < 1 || out.wallet->paths > wallet_part::max_paths)
        return errc::invalid_argument;
    out.wallet->action = wallet_action::route;
    out.hash = fixed_at<info_hash>(datagram, at);
    return std::move(out);
}

namespace {

void write_head(writer& out, udp_action action, std::uint32_t transaction) {
    out.number(static_cast<std::uint32_t>(action));
    out.number(transaction);
}

enum class keys { told, left_out };

std::size_t size_of(hop_path const& path, keys mode) {
    std::size_t size = 1;
    for (auto const& hop : path)
        size += 23 + (hop.where.address().is_v6() ? 18 : 6)
                + (hop.key && mode == keys::told ? public_key::size_bytes : 0);
    return size;
}

// How many paths from the first on fit into `room`.
std::size_t count_fitting(std::vector<hop_path> const& paths, keys mode, std::size_t room) {
    std::size_t used = 0;
    std::size_t count = 0;
    while (count < paths.size() && paths[count].size() <= 255) {
        used += size_of(paths[count], mode);
        if (used > room)
            break;
        ++count;
    }
    return count;
}

void write_path(writer& out, hop_path const& path, keys mode) {
    out.number(static_cast<std::uint8_t>(path.size()));
    for (auto const& hop : path) {
        bool const tells_key = hop.key && mode == keys::told;
        out.octets(hop.wallet);
        unsigned const flags = (hop.accepts ? flag_accepts : 0U)
                               | (hop.where.address().is_v6() ? flag_v6 : 0U)
                               | (tells_key ? flag_key : 0U);
        out.number(static_cast<std::uint8_t>(flags));
        out.number(hop.liveness);
        out.octets(to_compact(hop.where));
        if (tells_key)
            out.octets(*hop.key);
    }
}

} // namespace

void write_connect_answer(writer& out, std::uint32_t transaction, std::uint64_t connection_id) {
    write_head(out, udp_action::connect, transaction);
    out.number(connection_id);
}

void write_announce_head(writer& out, std::uint32_t transaction, std::uint32_t interval_s,
                         swarm_counts const& counts) {
    write_head(out, udp_action::announce, transaction);
    out.number(interval_s);
    out.number(counts.incomplete);
    out.number(counts.complete);
}

void write_scrape_head(writer& out, std::uint32_t transaction) {
    write_head(out, udp_action::scrape, transaction);
}

void write_scrape_row(writer& out, swarm_counts const& counts) {
    out.number(counts.complete);
    out.number(counts.downloaded);
    out.number(counts.incomplete);
}

void write_error(writer& out, std::uint32_t transaction, std::string_view reason) {
    write_head(out, udp_action::error, transaction);
    out.octets(as_bytes(reason.substr(0, out.room())));
}

void write_link_answer(writer& out, std::uint32_t transaction, std::uint32_t interval_s,
                       unix_ms time) {
    write_head(out, udp_action::link, transaction);
    out.number(interval_s);
    out.number(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

void write_route_answer(writer& out, std::uint32_t transaction, std::uint32_t interval_s,
                        route_answer const& route) {
    write_head(out, udp_action::route, transaction);
    out.number(interval_s);
    out.number(static_cast<std::uint64_t>(route.time.time_since_epoch().count()));
    out.number(route.liveness);
    // A further path is worth more than keys, which HTTP tells as well.
    auto const room = out.room() - 1;
    auto const fitting = count_fitting(route.paths, keys::left_out, room);
    auto const mode =
        count_fitting(route.paths, keys::told, room) == fitting ? keys::told : keys::left_out;
    out.number(static_cast<std::uint8_t>(fitting));
    for (std::size_t i = 0; i < fitting; ++i)
        write_path(out, route.paths[i], mode);
}

} // namespace tau::wire::udp
