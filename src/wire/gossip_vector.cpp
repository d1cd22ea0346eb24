#include "wire/gossip_vector.hpp"

#include "wire/bencode.hpp"

#include <algorithm>

namespace tau::wire {
namespace {

// Octet 1 of a vector.
constexpr std::uint8_t flag_first_ids = 1;
constexpr std::uint8_t flag_own_complete = 2;

// First octet of an entry: the type, and what is left out of it.
constexpr std::uint8_t type_mask = 0x1f;
constexpr std::uint8_t same_receiver = 0x20;
constexpr std::uint8_t same_sender = 0x40;
constexpr std::uint8_t own_sender = 0x80;
// Types from here on, known or not, have no hash but one octet of value.
constexpr std::uint8_t first_short_type = 6;
constexpr std::uint8_t last_known_type = 9;

constexpr std::int64_t last_time = std::int64_t{1} << 53;

constexpr std::int64_t manifest_version = 1;

bool is_same_sender(gossip_entry const& entry, gossip_entry const* before) {
    return before && before->sender == entry.sender;
}

bool is_same_receiver(gossip_entry const& entry, gossip_entry const* before) {
    return before && before->receiver == entry.receiver;
}

void append(bytes& out, byte_view more) {
    out.insert(out.end(), more.begin(), more.end());
}

void write_entry(bytes& out, gossip_entry const& entry, gossip_entry const* before,
                 pk_id const& own, std::int64_t vector_minute) {
    auto head = static_cast<std::uint8_t>(entry.type);
    bool const by_own = entry.sender == own;
    bool const again = !by_own && is_same_sender(entry, before);
    bool const to_same = is_same_receiver(entry, before);
    head |= by_own ? own_sender : std::uint8_t{0};
    head |= again ? same_sender : std::uint8_t{0};
    head |= to_same ? same_receiver : std::uint8_t{0};
    out.push_back(head);
    if (!by_own && !again)
        append(out, entry.sender);
    if (!to_same)
        append(out, entry.receiver);
    if (has_hash(entry.type))
        append(out, entry.hash);
    else
        out.push_back(entry.value);
    auto const age = std::min(vector_minute - entry.minute, max_gossip_age_minutes);
    if (age < 0x80) {
        out.push_back(static_cast<std::uint8_t>(age));
    } else {
        out.push_back(static_cast<std::uint8_t>(0x80 | (age >> 8)));
        out.push_back(static_cast<std::uint8_t>(age & 0xff));
    }
}

class octets {
public:
    explicit octets(byte_view data) : m_left(data) {}
    [[nodiscard]] bool empty() const { return m_left.empty(); }
    [[nodiscard]] result<std::uint8_t> one() {
        if (m_left.empty())
            return errc::invalid_encoding;
        auto const out = m_left.front();
        m_left = m_left.subspan(1);
        return out;
    }
    template <class Fixed>
    [[nodiscard]] result<Fixed> fixed() {
        if (m_left.size() < Fixed::size_bytes)
            return errc::invalid_encoding;
        auto const out = Fixed::from(m_left.first(Fixed::size_bytes));
        m_left = m_left.subspan(Fixed::size_bytes);
        return out;
    }

private:
    byte_view m_left;
};

/// One entry; its type may be unknown.
result<gossip_entry> read_entry(octets& in, gossip_entry const* before, pk_id const& own,
                                std::int64_t vector_minute) {
    gossip_entry out;
    TAU_TRY(head, in.one());
    auto const number = static_cast<std::uint8_t>(head & type_mask);
    out.type = static_cast<gossip_type>(number);
    bool const needs_before = (head & (same_sender | same_receiver)) != 0;
    if (number == 0 || (needs_before && !before)
        || ((head & own_sender) != 0 && (head & same_sender) != 0))
        return errc::invalid_encoding;
    if ((head & own_sender) != 0) {
        out.sender = own;
    } else if ((head & same_sender) != 0) {
        out.sender = before->sender;
    } else {
        TAU_TRY(sender, in.fixed<pk_id>());
        out.sender = sender;
    }
    if ((head & same_receiver) != 0) {
        out.receiver = before->receiver;
    } else {
        TAU_TRY(receiver, in.fixed<pk_id>());
        out.receiver = receiver;
    }
    if (number < first_short_type) {
        TAU_TRY(hash, in.fixed<target>());
        out.hash = hash;
    } else {
        TAU_TRY(value, in.one());
        out.value = value;
    }
    TAU_TRY(high, in.one());
    std::int64_t age = high;
    if (high >= 0x80) {
        TAU_TRY(low, in.one());
        age = (high & 0x7f) * 256 + low;
    }
    out.minute = vector_minute - age;
    return out;
}

} // namespace

std::int64_t minute_of(unix_ms time) {
    return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

pk_id pk_id_of(public_key const& key, pk_id_form form) {
    auto const at = form == pk_id_form::last ? public_key::size_bytes - pk_id::size_bytes : 0;
    return pk_id::from(key.view().subspan(at, pk_id::size_bytes)).value();
}

gossip_entry page_entry(pk_id const& own, target const& page, std::int64_t minute) {
    return {own, own, gossip_type::bundle, page, 0, minute};
}

bool is_page(gossip_entry const& entry, pk_id const& own) {
    return entry.type == gossip_type::bundle && entry.sender == own && entry.receiver == own;
}

bool has_hash(gossip_type type) {
    return static_cast<std::uint8_t>(type) < first_short_type;
}

std::size_t gossip_cost(gossip_entry const& entry, gossip_entry const* before, pk_id const& own,
                        std::int64_t vector_minute) {
    bytes out;
    write_entry(out, entry, before, own, std::max(vector_minute, entry.minute));
    return out.size();
}

result<bytes> encode(gossip_vector const& what, public_key const& sender) {
    auto const ms = what.time.time_since_epoch().count();
    if (what.entries.size() > max_gossip_entries)
        return errc::too_large;
    if (ms < 0 || ms > last_time)
        return errc::invalid_argument;
    bytes out{gossip_version,
              static_cast<std::uint8_t>((what.form == pk_id_form::first ? flag_first_ids : 0)
                                        | (what.own_complete ? flag_own_complete : 0))};
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(ms >> shift));
    auto const own = pk_id_of(sender, what.form);
    auto const minute = minute_of(what.time);
    gossip_entry const* before = nullptr;
    for (auto const& entry : what.entries) {
        auto const number = static_cast<std::uint8_t>(entry.type);
        if (number == 0 || number > last_known_type || entry.minute > minute)
            return errc::invalid_argument;
        write_entry(out, entry, before, own, minute);
        before = &entry;
    }
    if (out.size() > max_gossip_bytes)
        return errc::too_large;
    return out;
}

result<gossip_vector> decode_gossip(byte_view data, public_key const& sender) {
    if (data.size() > max_gossip_bytes)
        return errc::too_large;
    octets in(data);
    TAU_TRY(version, in.one());
    if (version != gossip_version)
        return errc::unsupported_version;
    TAU_TRY(flags, in.one());
    std::int64_t ms = 0;
    for (int i = 0; i < 8; ++i) {
        TAU_TRY(octet, in.one());
        if (ms > last_time)
            return errc::invalid_encoding;
        ms = ms * 256 + octet;
    }
    if (ms > last_time)
        return errc::invalid_encoding;
    gossip_vector out;
    out.time = unix_ms(std::chrono::milliseconds(ms));
    out.form = (flags & flag_first_ids) != 0 ? pk_id_form::first : pk_id_form::last;
    out.own_complete = (flags & flag_own_complete) != 0;
    auto const own = pk_id_of(sender, out.form);
    auto const minute = minute_of(out.time);
    std::optional<gossip_entry> before;
    while (!in.empty()) {
        TAU_TRY(entry, read_entry(in, before ? &*before : nullptr, own, minute));
        before = entry;
        if (static_cast<std::uint8_t>(entry.type) > last_known_type)
            continue;
        if (out.entries.size() == max_gossip_entries)
            return errc::too_large;
        out.entries.push_back(entry);
    }
    return out;
}

result<bytes> encode_manifest(std::vector<target> const& items) {
    if (items.size() > max_manifest_targets)
        return errc::too_large;
    if (items.empty())
        return errc::invalid_argument;
    dict_writer out;
    out.list("m", items);
    out.integer("v", manifest_version);
    return out.finish();
}

result<std::vector<target>> decode_manifest(byte_view data) {
    TAU_TRY(in, dict_reader::parse(data));
    if (auto const ec = in.check_version(manifest_version))
        return ec;
    TAU_TRY(items, in.list<target>("m", max_manifest_targets));
    if (items.empty())
        return errc::invalid_argument;
    return items;
}

} // namespace tau::wire
