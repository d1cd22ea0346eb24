#pragma once

#include "core/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace tau::wire {

/// Appends fields of a binary layout: numbers in network order, octets as they are.
class octet_writer {
public:
    octet_writer() = default;
    explicit octet_writer(std::size_t expected) { m_out.reserve(expected); }

    template <class Number>
    void number(Number value) {
        for (std::size_t i = sizeof value; i-- > 0;)
            m_out.push_back(
                static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
    void octets(byte_view data) { m_out.insert(m_out.end(), data.begin(), data.end()); }

    /// What was written; the writer is spent.
    [[nodiscard]] bytes take() { return std::move(m_out); }

private:
    bytes m_out;
};

/// Reads what octet_writer wrote. After a read past the end everything reads as zero or
/// empty and failed() says so, so that a decoder checks once.
class octet_reader {
public:
    explicit octet_reader(byte_view data) : m_data(data) {}

    template <class Number>
    [[nodiscard]] Number number() {
        std::uint64_t out = 0;
        for (auto const octet : octets(sizeof(Number)))
            out = out << 8 | octet;
        return static_cast<Number>(out);
    }
    /// Not copied.
    [[nodiscard]] byte_view octets(std::size_t size) {
        if (m_data.size() < size) {
            m_failed = true;
            m_data = {};
            return {};
        }
        auto const out = m_data.first(size);
        m_data = m_data.subspan(size);
        return out;
    }
    template <class Fixed>
    [[nodiscard]] Fixed fixed() {
        Fixed out;
        auto const data = octets(Fixed::size_bytes);
        std::copy(data.begin(), data.end(), out.octets.begin());
        return out;
    }
    [[nodiscard]] std::size_t left() const { return m_data.size(); }
    [[nodiscard]] bool failed() const { return m_failed; }

private:
    byte_view m_data;
    bool m_failed = false;
};

} // namespace tau::wire
