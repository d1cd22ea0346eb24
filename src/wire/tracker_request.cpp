#include "wire/tracker_request.hpp"

#include "core/hex.hpp"

#include <charconv>
#include <cstring>
#include <span>

namespace tau::wire {
namespace {

// The value of each hexadecimal digit, -1 for other characters. A table, because the
// digits of a hash are as good as random, and a branch on each would be guessed wrong.
constexpr auto nibbles = [] {
    std::array<std::int8_t, 256> out{};
    out.fill(-1);
    for (int i = 0; i < 10; ++i)
        out[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
    for (int i = 10; i < 16; ++i) {
        out[static_cast<std::size_t>('a' + i - 10)] = static_cast<std::int8_t>(i);
        out[static_cast<std::size_t>('A' + i - 10)] = static_cast<std::int8_t>(i);
    }
    return out;
}();

int nibble(char c) {
    return nibbles[static_cast<unsigned char>(c)];
}

// Writes at most `capacity` decoded octets; returns how many `text` stands for, or
// -1 for a broken escape.
std::ptrdiff_t unescape(std::string_view text, std::uint8_t* out, std::size_t capacity) {
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i, ++written) {
        int value = static_cast<unsigned char>(text[i]);
        if (text[i] == '%') {
            if (i + 2 >= text.size())
                return -1;
            int const high = nibble(text[i + 1]);
            int const low = nibble(text[i + 2]);
            if (high < 0 || low < 0)
                return -1;
            value = high * 16 + low;
            i += 2;
        }
        if (written < capacity)
            out[written] = static_cast<std::uint8_t>(value);
    }
    return static_cast<std::ptrdiff_t>(written);
}

// Reads `text` if each of its octets is escaped and there are as many as asked for.
bool unescape_all(std::string_view text, std::span<std::uint8_t> out) {
    if (text.size() != 3 * out.size())
        return false;
    int wrong = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        int const octet = nibble(text[3 * i + 1]) * 16 | nibble(text[3 * i + 2]);
        wrong |= (text[3 * i] ^ '%') | (octet >> 8); // -1 leaves high bits
        out[i] = static_cast<std::uint8_t>(octet);
    }
    return wrong == 0;
}

// Raw octets, or twice as many hexadecimal digits with or without "0x".
template <class Fixed>
result<Fixed> read_fixed(std::string_view text) {
    if (Fixed whole; unescape_all(text, whole.octets))
        return whole;
    constexpr std::size_t hex_size = Fixed::size_bytes * 2;
    std::array<std::uint8_t, hex_size + 2> raw{};
    auto const size = unescape(text, raw.data(), raw.size());
    if (size == static_cast<std::ptrdiff_t>(Fixed::size_bytes))
        return Fixed::from({raw.data(), Fixed::size_bytes});
    auto digits = as_text({raw.data(), raw.size()});
    if (size == static_cast<std::ptrdiff_t>(hex_size + 2) && digits.starts_with("0x"))
        digits.remove_prefix(2);
    else if (size != static_cast<std::ptrdiff_t>(hex_size))
        return errc::invalid_argument;
    auto const out = fixed_from_hex<Fixed>(digits.substr(0, hex_size));
    return out ? out : result<Fixed>(errc::invalid_argument);
}

// Percent-encoded octets, or twice as many hexadecimal digits.
result<bytes> read_octets(std::string_view text, std::size_t most) {
    bytes out(2 * most);
    auto const size = unescape(text, out.data(), out.size());
    if (size < 0 || static_cast<std::size_t>(size) > out.size())
        return errc::invalid_argument;
    out.resize(static_cast<std::size_t>(size));
    // A record begins with 'd' as a digit may, but no record is hexadecimal throughout.
    if (auto decoded = from_hex(as_text(out)))
        return decoded;
    if (out.size() > most)
        return errc::invalid_argument;
    return out;
}

template <class Number>
result<Number> read_number(std::string_view text) {
    Number out{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size())
        return errc::invalid_argument;
    return out;
}

// "0.95" as 950 thousandths; further digits are cut off.
result<std::uint16_t> read_liveness(std::string_view text) {
    auto const dot = text.find('.');
    TAU_TRY(whole, read_number<unsigned>(text.substr(0, dot)));
    unsigned thousandths = 0;
    if (dot != std::string_view::npos) {
        unsigned weight = 100;
        for (char const c : text.substr(dot + 1)) {
            if (c < '0' || c > '9')
                return errc::invalid_argument;
            thousandths += static_cast<unsigned>(c - '0') * weight;
            weight /= 10;
        }
    }
    if (whole > 1 || (whole == 1 && thousandths > 0))
        return errc::invalid_argument;
    return static_cast<std::uint16_t>(whole * wallet_part::liveness_one + thousandths);
}

result<wallet_action> read_action(std::string_view text) {
    for (auto const action :
         {wallet_action::topic, wallet_action::link, wallet_action::unlink, wallet_action::route})
        if (text == to_string(action))
            return action;
    return errc::invalid_argument;
}

announce_event read_event(std::string_view text) {
    for (auto const event : {announce_event::completed, announce_event::started,
                             announce_event::stopped, announce_event::paused})
        if (text == to_string(event))
            return event;
    return announce_event::none;
}

// Comma-separated addresses in hexadecimal; a leading '-' takes a claim back.
result<std::vector<link_change>> read_changes(std::string_view escaped) {
    constexpr std::size_t longest_item = sizeof("-0x,") - 1 + 2 * wallet_address::size_bytes;
    std::array<std::uint8_t, wallet_part::max_changes * longest_item> raw{};
    auto const size = unescape(escaped, raw.data(), raw.size());
    if (size < 0)
        return errc::invalid_argument;
    if (static_cast<std::size_t>(size) > raw.size())
        return errc::too_large;
    auto text = as_text({raw.data(), static_cast<std::size_t>(size)});
    std::vector<link_change> out;
    while (!text.empty()) {
        auto const comma = text.find(',');
        auto item = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        if (out.size() + 1 >= wallet_part::max_changes)
            return errc::too_large;
        bool const is_claim = !item.starts_with('-');
        if (!is_claim)
            item.remove_prefix(1);
        if (item.starts_with("0x"))
            item.remove_prefix(2);
        auto const wallet = fixed_from_hex<wallet_address>(item);
        if (!wallet)
            return errc::invalid_argument;
        out.push_back({wallet.value(), is_claim});
    }
    return out;
}

template <class Visit>
error_code for_each_parameter(std::string_view query, Visit visit) {
    while (!query.empty()) {
        auto const end = query.find('&');
        auto const pair = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        auto const equals = pair.find('=');
        if (equals == std::string_view::npos)
            continue;
        if (auto const ec = visit(pair.substr(0, equals), pair.substr(equals + 1)))
            return ec;
    }
    return {};
}

template <class T>
error_code assign(T& to, result<T> const& from) {
    if (!from)
        return from.error();
    to = from.value();
    return {};
}

// The Tau parameters, gathered before it is known whether there is a signature.
class wallet_reader {
public:
    error_code read(std::string_view name, std::string_view value) {
        if (name == "wallet") {
            m_has_wallet = true;
            return assign(m_part.wallet, read_fixed<wallet_address>(value));
        }
        if (name == "sign") {
            m_has_sign = true;
            return assign(m_part.sign, read_fixed<wallet_signature>(value));
        }
        if (name == "time")
            return assign(m_part.time_ms, read_number<std::int64_t>(value));
        if (name == "action")
            return assign(m_part.action, read_action(value));
        if (name == "liveness")
            return assign(m_part.liveness, read_liveness(value));
        if (name == "links")
            return assign(m_part.changes, read_changes(value));
        if (name == "tracker")
            return read_tracker(value);
        if (name == "binding")
            return assign(m_part.binding, read_octets(value, wallet_part::max_binding));
        // BEP 7 has a parameter of this name too, with fewer octets.
        if (name == "key")
            if (auto const key = read_fixed<public_key>(value))
                m_part.key = key.value();
        if (name == "accepts")
            m_part.accepts = value == "1";
        if (name == "paths")
            return read_paths(value);
        return {};
    }

    void finish(announce_request& request) {
        if (!m_has_wallet || !m_has_sign)
            return;
        if (m_part.binding.empty())
            m_part.key.reset();
        request.wallet = std::move(m_part);
    }

private:
    error_code read_tracker(std::string_view value) {
        std::array<std::uint8_t, wallet_part::max_tracker_name> raw{};
        auto const size = unescape(value, raw.data(), raw.size());
        if (size < 0 || static_cast<std::size_t>(size) > raw.size())
            return errc::invalid_argument;
        m_part.tracker = as_text({raw.data(), static_cast<std::size_t>(size)});
        return {};
    }

    error_code read_paths(std::string_view value) {
        auto const wanted = read_number<unsigned>(value);
        if (!wanted || wanted.value() < 1 || wanted.value() > wallet_part::max_paths)
            return errc::invalid_argument;
        m_part.paths = static_cast<std::uint8_t>(wanted.value());
        return {};
    }

    wallet_part m_part;
    bool m_has_wallet = false;
    bool m_has_sign = false;
};

// Whether `name`, whose length the caller knows, is `word`: one or two comparisons of words.
template <std::size_t N>
bool is_word(std::string_view name, char const (&word)[N]) {
    return std::memcmp(name.data(), word, N - 1) == 0;
}

struct announce_reader {
    announce_request out;
    bool has_hash = false;
    bool has_id = false;
    bool has_port = false;

    // True if `name` is one of BEP 3's; what only informs is read leniently.
    result<bool> read(std::string_view name, std::string_view value) {
        switch (name.size()) {
        case 4:
            if (is_word(name, "port"))
                return take(out.port, has_port, read_number<std::uint16_t>(value));
            if (!is_word(name, "left"))
                return false;
            out.left = lenient(value, 1);
            return true;
        case 5:
            if (!is_word(name, "event"))
                return false;
            out.event = read_event(value);
            return true;
        case 7:
            return read_seven(name, value);
        case 8:
            if (!is_word(name, "uploaded"))
                return false;
            out.uploaded = lenient(value, 0);
            return true;
        case 9:
            if (!is_word(name, "info_hash"))
                return false;
            return take(out.hash, has_hash, read_fixed<info_hash>(value));
        case 10:
            if (!is_word(name, "downloaded"))
                return false;
            out.downloaded = lenient(value, 0);
            return true;
        default:
            return false;
        }
    }

private:
    result<bool> read_seven(std::string_view name, std::string_view value) {
        if (is_word(name, "peer_id"))
            return take(out.id, has_id, read_fixed<peer_id>(value));
        if (is_word(name, "compact")) {
            out.compact = value != "0";
            return true;
        }
        if (!is_word(name, "numwant"))
            return false;
        if (auto const wanted = read_number<std::uint32_t>(value))
            out.numwant = wanted.value();
        return true;
    }
    template <class T>
    static result<bool> take(T& to, bool& has, result<T> const& from) {
        if (!from)
            return from.error();
        to = from.value();
        has = true;
        return true;
    }
    // Some clients write -1 or a fraction; the number is no reason to refuse them.
    static std::uint64_t lenient(std::string_view text, std::uint64_t otherwise) {
        auto const number = read_number<std::uint64_t>(text);
        return number ? number.value() : otherwise;
    }
};

} // namespace

char const* to_string(wallet_action action) {
    switch (action) {
    case wallet_action::unspecified:
        return "announce";
    case wallet_action::topic:
        return "topic";
    case wallet_action::link:
        return "link";
    case wallet_action::unlink:
        return "unlink";
    case wallet_action::route:
        return "route";
    }
    return "announce";
}

char const* to_string(announce_event event) {
    switch (event) {
    case announce_event::none:
        return "none";
    case announce_event::completed:
        return "completed";
    case announce_event::started:
        return "started";
    case announce_event::stopped:
        return "stopped";
    case announce_event::paused:
        return "paused";
    }
    return "none";
}

result<announce_request> parse_announce_query(std::string_view query) {
    announce_reader reader;
    std::optional<wallet_reader> wallet;
    auto const ec =
        for_each_parameter(query, [&](std::string_view name, std::string_view value) -> error_code {
            auto const known = reader.read(name, value);
            if (!known)
                return known.error();
            if (known.value())
                return {};
            if (!wallet)
                wallet.emplace();
            return wallet->read(name, value);
        });
    if (ec)
        return ec;
    if (!reader.has_hash || !reader.has_id || !reader.has_port)
        return errc::invalid_argument;
    if (wallet)
        wallet->finish(reader.out);
    return std::move(reader.out);
}

std::optional<announce_subject> find_announce_subject(std::string_view text) {
    constexpr std::string_view hash_name = "info_hash=";
    constexpr std::string_view port_name = "&port=";
    constexpr std::string_view numwant_name = "&numwant=";
    auto const value_behind = [&](std::string_view name) {
        auto const at = text.find(name);
        if (at == std::string_view::npos)
            return std::string_view{};
        auto const value = text.substr(at + name.size());
        std::size_t size = 0;
        while (size < value.size() && value[size] != '&' && value[size] != ' ')
            ++size;
        return value.substr(0, size);
    };
    auto const hash = read_fixed<info_hash>(value_behind(hash_name));
    auto const port = read_number<std::uint16_t>(value_behind(port_name));
    if (!hash || !port)
        return std::nullopt;
    auto const wanted = read_number<std::uint32_t>(value_behind(numwant_name));
    return announce_subject{hash.value(), port.value(),
                            wanted ? std::optional(wanted.value()) : std::nullopt};
}

error_code parse_wallet_query(std::string_view query, announce_request& request) {
    wallet_reader wallet;
    auto const ec = for_each_parameter(query, [&](std::string_view name, std::string_view value) {
        return wallet.read(name, value);
    });
    if (!ec)
        wallet.finish(request);
    return ec;
}

result<scrape_request> parse_scrape_query(std::string_view query) {
    scrape_request out;
    auto const ec =
        for_each_parameter(query, [&](std::string_view name, std::string_view value) -> error_code {
            if (name != "info_hash")
                return {};
            if (out.hashes.size() >= scrape_request::max_hashes)
                return errc::too_large;
            auto const hash = read_fixed<info_hash>(value);
            if (!hash)
                return hash.error();
            out.hashes.push_back(hash.value());
            return {};
        });
    if (ec)
        return ec;
    return out;
}

std::string tracker_statement(announce_request const& request, std::string_view tracker) {
    auto const& w = *request.wallet;
    std::string out = "tau-tracker-v1|";
    auto const add = [&out](std::string_view field) {
        out += field;
        out += '|';
    };
    add(tracker);
    add(to_hex(w.wallet));
    add(to_hex(request.id));
    add(to_string(w.action));
    add(to_hex(request.hash));
    add(to_string(request.event));
    add(std::to_string(request.port));
    add(std::to_string(request.left));
    add(std::to_string(w.liveness));
    add(w.accepts ? "1" : "0");
    add(std::to_string(w.paths));
    for (auto const& change : w.changes) {
        out += &change == w.changes.data() ? "" : ",";
        out += change.is_claim ? "" : "-";
        out += to_hex(change.wallet);
    }
    out += '|';
    out += std::to_string(w.time_ms);
    if (w.key) {
        out += '|';
        out += to_hex(*w.key);
    }
    return out;
}

} // namespace tau::wire
