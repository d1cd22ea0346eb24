#include "wire/tracker_replica.hpp"

#include "wire/octets.hpp"

namespace tau::wire::replica {
namespace {

enum class tag : std::uint8_t { peer = 1, device = 2 };

constexpr unsigned flag_v6 = 1;
constexpr unsigned flag_seeder = 2;
constexpr unsigned flag_stopped = 4;
constexpr unsigned flag_completed = 8;
constexpr unsigned flag_partial = 16;
constexpr unsigned flag_accepts = 2;
constexpr unsigned flag_online = 4;
constexpr unsigned flag_ends = 8;
constexpr unsigned flag_key = 16;
constexpr unsigned flag_revoked = 32;
constexpr std::size_t compact4 = 6;
constexpr std::size_t compact6 = 18;

template <class Out>
void put(byte_view data, Out& out) {
    out.insert(out.end(), data.begin(), data.end());
}

template <class Number, class Out>
void put_number(Number value, Out& out) {
    for (std::size_t i = sizeof value; i-- > 0;)
        out.push_back(static_cast<typename Out::value_type>(
            static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i))));
}

std::uint8_t flags_of(peer_change const& c) {
    return static_cast<std::uint8_t>((c.is_v6 ? flag_v6 : 0) | (c.is_seeder ? flag_seeder : 0)
                                     | (c.is_stopped ? flag_stopped : 0)
                                     | (c.is_completed ? flag_completed : 0)
                                     | (c.is_partial ? flag_partial : 0));
}

std::uint8_t flags_of(device_change const& c) {
    return static_cast<std::uint8_t>(
        (c.where.address().is_v6() ? flag_v6 : 0) | (c.accepts ? flag_accepts : 0)
        | (c.is_online ? flag_online : 0) | (c.ends_wallet ? flag_ends : 0) | (c.key ? flag_key : 0)
        | (c.key && c.key->is_revoked ? flag_revoked : 0));
}

byte_view address_of(peer_change const& c) {
    return {c.address.data(), c.is_v6 ? compact6 : compact4};
}

void set_flags(unsigned flags, peer_change& c) {
    c.is_v6 = (flags & flag_v6) != 0;
    c.is_seeder = (flags & flag_seeder) != 0;
    c.is_stopped = (flags & flag_stopped) != 0;
    c.is_completed = (flags & flag_completed) != 0;
    c.is_partial = (flags & flag_partial) != 0;
}

unsigned read_flags(octet_reader& in, device_change& c) {
    unsigned const flags = in.number<std::uint8_t>();
    c.accepts = (flags & flag_accepts) != 0;
    c.is_online = (flags & flag_online) != 0;
    c.ends_wallet = (flags & flag_ends) != 0;
    return flags;
}

// What a stored device and a changed one have in common behind their names.
template <class Out>
void put_state(device_change const& c, Out& out) {
    put_number(c.time_ms, out);
    put_number(c.home, out);
    put_number(c.liveness, out);
    put(to_compact(c.where), out);
    if (!c.key)
        return;
    put(c.key->key, out);
    put_number(c.key->issued_ms, out);
}

error_code read_state(octet_reader& in, unsigned flags, device_change& c) {
    c.time_ms = in.number<std::int64_t>();
    c.home = in.number<std::uint64_t>();
    c.liveness = in.number<std::uint16_t>();
    auto const where = from_compact(in.octets((flags & flag_v6) != 0 ? compact6 : compact4));
    if (in.failed() || !where)
        return errc::invalid_length;
    if (c.liveness > wallet_part::liveness_one)
        return errc::invalid_argument;
    c.where = where.value();
    if ((flags & flag_key) == 0)
        return {};
    c.key.emplace();
    c.key->is_revoked = (flags & flag_revoked) != 0;
    c.key->key = in.fixed<public_key>();
    c.key->issued_ms = in.number<std::int64_t>();
    return in.failed() ? make_error_code(errc::invalid_length) : error_code{};
}

error_code read_peer(octet_reader& in, batch& out) {
    peer_change c;
    set_flags(in.number<std::uint8_t>(), c);
    c.hash = in.fixed<info_hash>();
    c.downloaded = in.number<std::uint32_t>();
    auto const address = in.octets(c.is_v6 ? compact6 : compact4);
    if (in.failed())
        return errc::invalid_length;
    std::copy(address.begin(), address.end(), c.address.begin());
    out.peers.push_back(c);
    return {};
}

error_code read_device(octet_reader& in, batch& out) {
    device_change c;
    auto const flags = read_flags(in, c);
    c.wallet = in.fixed<wallet_address>();
    c.id = in.fixed<peer_id>();
    if (auto const ec = read_state(in, flags, c))
        return ec;
    std::size_t const count = in.number<std::uint8_t>();
    if (count > wallet_part::max_changes)
        return errc::invalid_argument;
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        link_change change;
        change.is_claim = in.number<std::uint8_t>() != 0;
        change.wallet = in.fixed<wallet_address>();
        c.changes.push_back(change);
    }
    if (in.failed())
        return errc::invalid_length;
    out.devices.push_back(std::move(c));
    return {};
}

error_code read_all(octet_reader& in, batch& out) {
    while (in.left() > 0) {
        auto const kind = static_cast<tag>(in.number<std::uint8_t>());
        if (kind != tag::peer && kind != tag::device)
            return errc::invalid_encoding;
        if (auto const ec = kind == tag::peer ? read_peer(in, out) : read_device(in, out))
            return ec;
    }
    return {};
}

} // namespace

void append(peer_change const& change, bytes& out) {
    put_number(static_cast<std::uint8_t>(tag::peer), out);
    put_number(flags_of(change), out);
    put(change.hash, out);
    put_number(change.downloaded, out);
    put(address_of(change), out);
}

void append(device_change const& change, bytes& out) {
    put_number(static_cast<std::uint8_t>(tag::device), out);
    put_number(flags_of(change), out);
    put(change.wallet, out);
    put(change.id, out);
    put_state(change, out);
    auto const count = std::min(change.changes.size(), wallet_part::max_changes);
    put_number(static_cast<std::uint8_t>(count), out);
    for (std::size_t i = 0; i < count; ++i) {
        put_number(static_cast<std::uint8_t>(change.changes[i].is_claim), out);
        put(change.changes[i].wallet, out);
    }
}

bytes write_batch(batch_head const& head, byte_view changes) {
    bytes out;
    out.reserve(batch_head_size + changes.size());
    put_number(version, out);
    put_number(head.front_end, out);
    put_number(head.number, out);
    put_number(head.age_s, out);
    put(changes, out);
    return out;
}

result<batch_head> read_head(byte_view data) {
    if (data.size() > max_batch)
        return errc::too_large;
    if (data.size() < batch_head_size)
        return errc::invalid_length;
    octet_reader in(data);
    if (in.number<std::uint8_t>() != version)
        return errc::unsupported_version;
    batch_head out;
    out.front_end = in.number<std::uint64_t>();
    out.number = in.number<std::uint64_t>();
    out.age_s = in.number<std::uint32_t>();
    return out;
}

result<batch> read_batch(byte_view data) {
    TAU_TRY(head, read_head(data));
    batch out;
    out.head = head;
    octet_reader in(data.subspan(batch_head_size));
    if (auto const ec = read_all(in, out))
        return ec;
    return out;
}

result<batch> read_changes(byte_view data) {
    octet_reader in(data);
    batch out;
    if (auto const ec = read_all(in, out))
        return ec;
    return out;
}

std::string peer_field(peer_change const& change) {
    std::string out;
    put(change.hash, out);
    put(address_of(change), out);
    return out;
}

std::string peer_value(peer_change const& change, std::uint32_t seen_s) {
    std::string out;
    put_number(flags_of(change), out);
    put_number(seen_s, out);
    put_number(change.downloaded, out);
    return out;
}

std::string device_field(device_change const& change) {
    std::string out;
    put(change.wallet, out);
    put(change.id, out);
    return out;
}

std::string device_value(device_change const& change, std::uint32_t seen_s) {
    std::string out;
    put_number(flags_of(change), out);
    put_number(seen_s, out);
    put_state(change, out);
    return out;
}

result<seen<peer_change>> read_peer_state(byte_view field, byte_view value) {
    constexpr std::size_t value_size = 9;
    auto const address_size = field.size() - info_hash::size_bytes;
    if (field.size() < info_hash::size_bytes || value.size() != value_size)
        return errc::invalid_length;
    seen<peer_change> out;
    auto& c = out.change;
    octet_reader in(value);
    set_flags(in.number<std::uint8_t>(), c);
    if (address_size != (c.is_v6 ? compact6 : compact4))
        return errc::invalid_length;
    out.seen_s = in.number<std::uint32_t>();
    c.downloaded = in.number<std::uint32_t>();
    octet_reader names(field);
    c.hash = names.fixed<info_hash>();
    auto const address = names.octets(address_size);
    std::copy(address.begin(), address.end(), c.address.begin());
    return out;
}

result<seen<device_change>> read_device_state(byte_view field, byte_view value) {
    if (field.size() != wallet_address::size_bytes + peer_id::size_bytes)
        return errc::invalid_length;
    seen<device_change> out;
    auto& c = out.change;
    octet_reader names(field);
    c.wallet = names.fixed<wallet_address>();
    c.id = names.fixed<peer_id>();
    octet_reader in(value);
    auto const flags = read_flags(in, c);
    out.seen_s = in.number<std::uint32_t>();
    if (auto const ec = read_state(in, flags, c))
        return ec;
    if (in.left() > 0)
        return errc::invalid_length;
    return out;
}

} // namespace tau::wire::replica
