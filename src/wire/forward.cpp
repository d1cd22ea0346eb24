#include "wire/forward.hpp"

#include "wire/octets.hpp"

#include <string_view>

namespace tau::wire {
namespace {

constexpr std::string_view ack_label = "tau-forward-ack-v1";
constexpr std::size_t frame_head = 3 + hash256::size_bytes + wallet_address::size_bytes + 4 + 2;

void write_list(octet_writer& out, std::vector<wallet_address> const& list) {
    for (auto const& wallet : list)
        out.octets(wallet);
}

std::vector<wallet_address> read_list(octet_reader& in, std::size_t count) {
    std::vector<wallet_address> out;
    if (in.left() < count * wallet_address::size_bytes) {
        (void)in.octets(in.left() + 1); // marks the reader as failed
        return out;
    }
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(in.fixed<wallet_address>());
    return out;
}

bool is_frame_kind(std::uint8_t kind) {
    return kind >= static_cast<std::uint8_t>(frame_kind::message)
           && kind <= static_cast<std::uint8_t>(frame_kind::echo);
}

bool is_outcome(std::uint8_t outcome) {
    return outcome <= static_cast<std::uint8_t>(hop_outcome::refused);
}

} // namespace

result<bytes> encode(frame const& what) {
    if (what.path.size() > max_frame_hops || what.visited.size() > max_frame_hops
        || what.payload.size() > max_frame_payload || what.life > max_frame_life)
        return errc::too_large;
    if (what.visited.empty() || what.life < std::chrono::milliseconds(0))
        return errc::invalid_argument;
    octet_writer out(frame_head
                     + wallet_address::size_bytes * (what.path.size() + what.visited.size())
                     + what.payload.size());
    out.number(what.kind);
    out.number(what.hop_limit);
    out.number(what.attempt);
    out.octets(what.id);
    out.octets(what.target);
    out.number(static_cast<std::uint32_t>(what.life.count()));
    out.number(static_cast<std::uint8_t>(what.path.size()));
    out.number(static_cast<std::uint8_t>(what.visited.size()));
    write_list(out, what.path);
    write_list(out, what.visited);
    out.octets(what.payload);
    return out.take();
}

result<frame> decode_frame(byte_view body) {
    octet_reader in(body);
    auto const kind = in.number<std::uint8_t>();
    frame out;
    out.hop_limit = in.number<std::uint8_t>();
    out.attempt = in.number<std::uint8_t>();
    out.id = in.fixed<hash256>();
    out.target = in.fixed<wallet_address>();
    out.life = std::chrono::milliseconds(in.number<std::uint32_t>());
    auto const path = in.number<std::uint8_t>();
    auto const visited = in.number<std::uint8_t>();
    if (in.failed())
        return errc::invalid_length;
    if (!is_frame_kind(kind))
        return errc::invalid_encoding;
    if (path > max_frame_hops || visited > max_frame_hops || out.life > max_frame_life
        || out.hop_limit > max_frame_hops)
        return errc::too_large;
    if (visited == 0)
        return errc::invalid_argument;
    out.kind = static_cast<frame_kind>(kind);
    out.path = read_list(in, path);
    out.visited = read_list(in, visited);
    if (in.failed())
        return errc::invalid_length;
    if (in.left() > max_frame_payload)
        return errc::too_large;
    out.payload = to_bytes(in.octets(in.left()));
    return out;
}

bytes encode(std::vector<hop_report> const& reports) {
    octet_writer out(reports.size() * 13);
    for (auto const& report : reports) {
        out.number(report.first);
        out.number(report.count);
        out.number(report.outcome);
    }
    return out.take();
}

result<std::vector<hop_report>> decode_hop_reports(byte_view body) {
    constexpr std::size_t row = 13;
    if (body.empty() || body.size() % row != 0)
        return errc::invalid_length;
    if (body.size() / row > max_hop_reports)
        return errc::too_large;
    std::vector<hop_report> out;
    octet_reader in(body);
    while (in.left() != 0) {
        hop_report report;
        report.first = in.number<std::uint64_t>();
        report.count = in.number<std::uint32_t>();
        auto const outcome = in.number<std::uint8_t>();
        if (!is_outcome(outcome) || report.count == 0)
            return errc::invalid_argument;
        report.outcome = static_cast<hop_outcome>(outcome);
        out.push_back(report);
    }
    return out;
}

bytes signed_octets(end_ack const& what, wallet_address const& origin) {
    octet_writer out(ack_label.size() + 64 + what.ids.size() * hash256::size_bytes);
    out.octets(as_bytes(ack_label));
    out.octets(origin);
    out.octets(what.key);
    for (auto const& id : what.ids)
        out.octets(id);
    return out.take();
}

result<bytes> encode(end_ack const& what) {
    if (what.ids.size() > max_ack_ids)
        return errc::too_large;
    if (what.ids.empty())
        return errc::invalid_argument;
    octet_writer out(98 + what.ids.size() * hash256::size_bytes);
    out.octets(what.key);
    out.octets(what.sig);
    out.number(static_cast<std::uint16_t>(what.ids.size()));
    for (auto const& id : what.ids)
        out.octets(id);
    return out.take();
}

result<end_ack> decode_end_ack(byte_view payload) {
    octet_reader in(payload);
    end_ack out;
    out.key = in.fixed<public_key>();
    out.sig = in.fixed<signature>();
    auto const count = in.number<std::uint16_t>();
    if (in.failed())
        return errc::invalid_length;
    if (count > max_ack_ids)
        return errc::too_large;
    if (count == 0)
        return errc::invalid_argument;
    if (in.left() != std::size_t{count} * hash256::size_bytes)
        return errc::invalid_length;
    for (unsigned i = 0; i < count; ++i)
        out.ids.push_back(in.fixed<hash256>());
    return out;
}

bytes encode(failure_note const& what) {
    octet_writer out;
    out.octets(what.hop);
    out.number(what.outcome);
    out.number(what.attempt);
    return out.take();
}

result<failure_note> decode_failure_note(byte_view payload) {
    octet_reader in(payload);
    failure_note out;
    out.hop = in.fixed<wallet_address>();
    auto const outcome = in.number<std::uint8_t>();
    out.attempt = in.number<std::uint8_t>();
    if (in.failed() || in.left() != 0)
        return errc::invalid_length;
    if (!is_outcome(outcome))
        return errc::invalid_argument;
    out.outcome = static_cast<hop_outcome>(outcome);
    return out;
}

bytes encode_neighbours(std::vector<wallet_address> const& list) {
    octet_writer out(list.size() * wallet_address::size_bytes);
    write_list(out, list);
    return out.take();
}

result<std::vector<wallet_address>> decode_neighbours(byte_view body) {
    if (body.size() % wallet_address::size_bytes != 0)
        return errc::invalid_length;
    auto const count = body.size() / wallet_address::size_bytes;
    if (count > max_told_neighbours)
        return errc::too_large;
    octet_reader in(body);
    return read_list(in, count);
}

} // namespace tau::wire
