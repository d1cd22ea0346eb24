#include "net/redis/redis_slots.hpp"

#include <algorithm>
#include <charconv>

namespace tau::net {
namespace {

constexpr std::uint16_t default_port = 6379;
constexpr std::size_t max_seeds = 64;
constexpr std::size_t max_prefix = 64;

// CRC-16/XMODEM, which the cluster specification names.
std::uint16_t crc16(std::string_view text) {
    unsigned crc = 0;
    for (char const c : text) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 0x8000U) != 0 ? (crc << 1 ^ 0x1021U) & 0xffffU : crc << 1 & 0xffffU;
    }
    return static_cast<std::uint16_t>(crc);
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number out{};
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, out);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end)
        return std::nullopt;
    return out;
}

std::optional<redis_address> address_of(std::string_view text, std::uint16_t otherwise) {
    redis_address out;
    auto const bracket = text.rfind(']');
    auto colon = text.rfind(':');
    if (bracket != std::string_view::npos && colon != std::string_view::npos && colon < bracket)
        colon = std::string_view::npos;
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    out.host = host;
    out.port = otherwise;
    if (colon != std::string_view::npos) {
        auto const port = number_of<std::uint16_t>(text.substr(colon + 1));
        if (!port)
            return std::nullopt;
        out.port = *port;
    }
    return out.port == 0 ? std::nullopt : std::optional(out);
}

bool is_prefix(std::string_view text) {
    return !text.empty() && text.size() <= max_prefix
           && std::all_of(text.begin(), text.end(), [](char c) {
                  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                         || c == '.' || c == '-' || c == '_';
              });
}

bool read_seeds(std::string_view text, redis_url& out) {
    while (out.seeds.size() < max_seeds) {
        auto const comma = text.find(',');
        auto const seed = address_of(text.substr(0, comma), default_port);
        if (!seed || seed->host.empty() || seed->host.find_first_of("@/ ") != std::string::npos)
            return false;
        out.seeds.push_back(*seed);
        if (comma == std::string_view::npos)
            return true;
        text.remove_prefix(comma + 1);
    }
    return false;
}

} // namespace

std::string to_string(redis_address const& address) {
    if (address.is_unix())
        return address.host;
    bool const is_v6 = address.host.find(':') != std::string::npos;
    return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::uint16_t redis_slot(std::string_view key) {
    auto const open = key.find('{');
    if (open != std::string_view::npos) {
        auto const close = key.find('}', open + 1);
        if (close != std::string_view::npos && close > open + 1)
            key = key.substr(open + 1, close - open - 1);
    }
    return crc16(key) & (redis_slots::count - 1);
}

std::uint16_t redis_slots::number_of(redis_address const& where) {
    auto const known = std::find(m_masters.begin(), m_masters.end(), where);
    auto const number = static_cast<std::uint16_t>(known - m_masters.begin());
    if (known == m_masters.end())
        m_masters.push_back(where);
    return number;
}

void redis_slots::set_all(redis_address const& where) {
    m_masters = {where};
    m_at.fill(0);
}

void redis_slots::set(std::vector<range> const& ranges) {
    m_masters.clear();
    m_at.fill(nobody);
    for (auto const& r : ranges) {
        auto const number = number_of(r.master);
        for (std::size_t slot = r.first; slot <= r.last && slot < count; ++slot)
            m_at[slot] = number;
    }
}

void redis_slots::move(std::uint16_t slot, redis_address const& where) {
    if (slot < count)
        m_at[slot] = number_of(where);
}

redis_address const* redis_slots::find(std::uint16_t slot) const {
    return slot < count && m_at[slot] != nobody ? &m_masters[m_at[slot]] : nullptr;
}

std::optional<redis_redirect> read_redirect(std::string_view error) {
    redis_redirect out;
    out.is_ask = error.starts_with("ASK ");
    if (!out.is_ask && !error.starts_with("MOVED "))
        return std::nullopt;
    error.remove_prefix(error.find(' ') + 1);
    auto const space = error.find(' ');
    if (space == std::string_view::npos)
        return std::nullopt;
    auto const slot = number_of<std::uint16_t>(error.substr(0, space));
    auto where = error.substr(space + 1);
    // Redis writes IPv6 without brackets; the port stands behind the last colon.
    auto const colon = where.rfind(':');
    if (!slot || *slot >= redis_slots::count || colon == std::string_view::npos)
        return std::nullopt;
    auto const port = number_of<std::uint16_t>(where.substr(colon + 1));
    if (!port || *port == 0)
        return std::nullopt;
    out.slot = *slot;
    out.where = {std::string(where.substr(0, colon)), *port};
    return out;
}

result<redis_url> parse_redis_url(std::string_view text) {
    redis_url out;
    auto const question = text.find('?');
    if (question != std::string_view::npos) {
        auto const query = text.substr(question + 1);
        if (!query.starts_with("prefix=") || !is_prefix(query.substr(7)))
            return errc::invalid_argument;
        out.prefix = query.substr(7);
        text = text.substr(0, question);
    }
    constexpr std::string_view tcp = "redis://";
    constexpr std::string_view local = "redis+unix:";
    if (text.starts_with(local)) {
        text.remove_prefix(local.size());
        if (!text.starts_with('/'))
            return errc::invalid_argument;
        out.seeds.push_back({std::string(text), 0});
        return out;
    }
    if (!text.starts_with(tcp))
        return errc::invalid_argument;
    text.remove_prefix(tcp.size());
    if (auto const slash = text.find('/'); slash != std::string_view::npos) {
        auto const database = text.substr(slash + 1);
        auto const number = number_of<unsigned>(database);
        if (!database.empty() && (!number || *number > 1'000'000))
            return errc::invalid_argument;
        out.database = number.value_or(0);
        text = text.substr(0, slash);
    }
    if (!read_seeds(text, out))
        return errc::invalid_argument;
    return out;
}

} // namespace tau::net
