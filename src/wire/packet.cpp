#include "wire/packet.hpp"

#include "wire/octets.hpp"

#include <numeric>

namespace tau::wire {
namespace {

// The place of a kind in the variant is its number less one.
enum class kind : std::uint8_t { want_info = 1, info_part, want_blocks, block, want_items, items };

error_code check(want_info const&) {
    return {};
}

error_code check(info_part const& what) {
    if (what.total > max_info_bytes || what.octets.size() > packet_block_bytes)
        return errc::too_large;
    bool const fits = !what.octets.empty() && what.from < what.total
                      && what.octets.size() <= what.total - what.from;
    return fits ? error_code{} : errc::invalid_argument;
}

error_code check(want_blocks const& what) {
    if (what.runs.size() > max_block_runs)
        return errc::too_large;
    std::uint32_t blocks = 0;
    for (auto const& run : what.runs) {
        if (run.count == 0)
            return errc::invalid_argument;
        blocks += run.count;
    }
    if (blocks > max_wanted_blocks)
        return errc::too_large;
    return blocks > 0 ? error_code{} : errc::invalid_argument;
}

error_code check(file_block const& what) {
    return what.octets.size() == packet_block_bytes ? error_code{} : errc::invalid_length;
}

error_code check(want_items const& what) {
    if (what.targets.size() > max_wanted_items)
        return errc::too_large;
    return what.targets.empty() ? errc::invalid_argument : error_code{};
}

error_code check(item_values const& what) {
    if (what.values.size() > max_packet_items)
        return errc::too_large;
    for (auto const& value : what.values)
        if (value.empty() || value.size() > max_packet_item_bytes)
            return value.empty() ? errc::invalid_argument : errc::too_large;
    return what.values.empty() ? errc::invalid_argument : error_code{};
}

void write(octet_writer& out, want_info const& what) {
    out.octets(what.torrent);
}

void write(octet_writer& out, info_part const& what) {
    out.octets(what.torrent);
    out.number(what.total);
    out.number(what.from);
    out.octets(what.octets);
}

void write(octet_writer& out, want_blocks const& what) {
    out.octets(what.torrent);
    out.number(what.here);
    for (auto const& run : what.runs) {
        out.number(run.first);
        out.number(run.count);
    }
}

void write(octet_writer& out, file_block const& what) {
    out.octets(what.torrent);
    out.number(what.index);
    out.octets(what.octets);
}

void write(octet_writer& out, want_items const& what) {
    for (auto const& one : what.targets)
        out.octets(one);
}

void write(octet_writer& out, item_values const& what) {
    for (auto const& value : what.values) {
        out.number(static_cast<std::uint16_t>(value.size()));
        out.octets(value);
    }
}

bytes rest_of(octet_reader& in) {
    return to_bytes(in.octets(in.left()));
}

want_blocks read_want(octet_reader& in) {
    want_blocks out;
    out.torrent = in.fixed<info_hash>();
    out.here = in.number<std::uint64_t>();
    while (in.left() > 0 && out.runs.size() <= max_block_runs) {
        block_run run;
        run.first = in.number<std::uint32_t>();
        run.count = in.number<std::uint16_t>();
        out.runs.push_back(run);
    }
    return out;
}

item_values read_items(octet_reader& in) {
    item_values out;
    while (in.left() > 0 && out.values.size() <= max_packet_items) {
        auto const size = in.number<std::uint16_t>();
        out.values.push_back(to_bytes(in.octets(size)));
    }
    return out;
}

want_items read_targets(octet_reader& in) {
    want_items out;
    while (in.left() > 0 && out.targets.size() <= max_wanted_items)
        out.targets.push_back(in.fixed<target>());
    return out;
}

result<packet> read(kind which, octet_reader& in) {
    switch (which) {
    case kind::want_info:
        return packet(want_info{in.fixed<info_hash>()});
    case kind::info_part: {
        info_part out;
        out.torrent = in.fixed<info_hash>();
        out.total = in.number<std::uint32_t>();
        out.from = in.number<std::uint32_t>();
        out.octets = rest_of(in);
        return packet(std::move(out));
    }
    case kind::want_blocks:
        return packet(read_want(in));
    case kind::block: {
        file_block out;
        out.torrent = in.fixed<info_hash>();
        out.index = in.number<std::uint32_t>();
        out.octets = rest_of(in);
        return packet(std::move(out));
    }
    case kind::want_items:
        return packet(read_targets(in));
    case kind::items:
        return packet(read_items(in));
    }
    return errc::unsupported_version;
}

} // namespace

result<bytes> encode_packet(packet const& what) {
    if (auto const ec = std::visit([](auto const& value) { return check(value); }, what))
        return ec;
    octet_writer out(packet_block_bytes + 64);
    out.number(static_cast<std::uint8_t>(what.index() + 1));
    std::visit([&](auto const& value) { write(out, value); }, what);
    return out.take();
}

result<packet> decode_packet(byte_view plain) {
    octet_reader in(plain);
    auto const which = in.number<std::uint8_t>();
    TAU_TRY(out, read(static_cast<kind>(which), in));
    if (in.failed() || in.left() > 0)
        return errc::invalid_encoding;
    if (auto const ec = std::visit([](auto const& value) { return check(value); }, out))
        return ec;
    return out;
}

} // namespace tau::wire
