#pragma once

#include "core/bytes.hpp"

#include <libtorrent/bdecode.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tau::wire {

/// Writes one bencoded dictionary (BEP 3). Keys must be given in ascending order,
/// each once; a debug build asserts that. Empty strings are written, not left out.
class dict_writer {
public:
    void integer(std::string_view key, std::int64_t value);
    void string(std::string_view key, byte_view value);
    void string(std::string_view key, std::string_view value);

    /// Writes the octets of all members one after the other; nothing for an empty list.
    template <class Fixed>
    void list(std::string_view key, std::vector<Fixed> const& values) {
        if (values.empty())
            return;
        bytes joined;
        for (auto const& value : values)
            joined.insert(joined.end(), value.begin(), value.end());
        string(key, joined);
    }

    /// Ends the dictionary. Call once.
    [[nodiscard]] bytes finish();

private:
    void write_key(std::string_view key);

    std::string m_out = "d";
    std::string m_last_key;
};

/// Reads one flat bencoded dictionary of strings and integers. Unknown keys are
/// ignored, so that later versions may add some. Views point into the parsed octets.
///
/// Errors: errc::invalid_encoding for what does not parse, an absent key, another
/// type or a list that is not a whole number of members; errc::invalid_argument for
/// an integer outside its range; errc::too_large for a string or list above its limit.
class dict_reader {
public:
    /// `data` must be exactly one dictionary and outlive the reader.
    [[nodiscard]] static result<dict_reader> parse(byte_view data);

    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] result<std::int64_t> integer(std::string_view key, std::int64_t min,
                                               std::int64_t max) const;
    [[nodiscard]] result<byte_view> string(std::string_view key, std::size_t max_bytes) const;
    /// string() that must be UTF-8; the empty text if the key is absent.
    [[nodiscard]] result<std::string> text(std::string_view key, std::size_t max_bytes) const;

    /// A string of exactly the size of Fixed; errc::invalid_length for another size.
    template <class Fixed>
    [[nodiscard]] result<Fixed> fixed(std::string_view key) const {
        TAU_TRY(data, string(key, max_string_bytes));
        return Fixed::from(data);
    }

    /// fixed(), or nullopt if the key is absent.
    template <class Fixed>
    [[nodiscard]] result<std::optional<Fixed>> fixed_if(std::string_view key) const {
        if (!has(key))
            return std::optional<Fixed>{};
        TAU_TRY(value, fixed<Fixed>(key));
        return std::optional<Fixed>{value};
    }

    /// What dict_writer::list() wrote; empty if the key is absent.
    template <class Fixed>
    [[nodiscard]] result<std::vector<Fixed>> list(std::string_view key,
                                                  std::size_t max_members) const {
        std::vector<Fixed> out;
        if (!has(key))
            return out;
        TAU_TRY(data, string(key, max_members * Fixed::size_bytes));
        if (data.size() % Fixed::size_bytes != 0)
            return errc::invalid_encoding;
        for (; !data.empty(); data = data.subspan(Fixed::size_bytes))
            out.push_back(Fixed::from(data.first(Fixed::size_bytes)).value());
        return out;
    }

    /// The integer under "v": success for `supported`, else errc::unsupported_version.
    [[nodiscard]] error_code check_version(std::int64_t supported) const;

private:
    static constexpr std::size_t max_string_bytes = 1000;

    lt::bdecode_node m_root;
};

/// `data` as a bencoded string, the shape in which sealed octets become a BEP 44 value.
[[nodiscard]] bytes wrap_string(byte_view data);

/// The octets of a value that is exactly one bencoded string, not copied;
/// errc::invalid_encoding for anything else.
[[nodiscard]] result<byte_view> unwrap_string(byte_view value);

} // namespace tau::wire
