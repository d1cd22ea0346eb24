#pragma once

#include "child_process.hpp"
#include "core/bytes.hpp"
#include "core/endpoint.hpp"
#include "support/delay_path.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tau::bench {

/// What the other process holds.
struct network_options {
    std::size_t nodes = 62;
    std::size_t items = 300; ///< that the author has put and serves, see item_salt()
};

inline constexpr std::size_t value_bytes = 996; // the largest string BEP 44 stores

[[nodiscard]] std::string item_salt(std::size_t index);
/// The bencoded value of item `index`: random text of value_bytes octets.
[[nodiscard]] bytes item_value(std::size_t index);
inline constexpr std::uint64_t author_seed = 7; // of test::keys_of()

/// A DHT and one Tau author in a process of their own, so that what they compute does
/// not count as the reader's. The items are put before the constructor returns.
/// Construct before anything else makes threads. The process ends with ours.
class network_process {
public:
    explicit network_process(network_options options);

    [[nodiscard]] std::vector<endpoint> const& nodes() const { return m_nodes; }
    [[nodiscard]] endpoint const& author() const { return m_author; }

    /// Puts that process and this one on the path.
    void set_path(test::path const& wanted);
    /// Time that process has spent on a core so far.
    [[nodiscard]] double cpu_seconds() const;
    /// Ends `count` nodes as a crash would.
    void kill(std::size_t count);

private:
    void command(std::string const& line);

    child_process m_child;
    std::vector<endpoint> m_nodes;
    endpoint m_author;
};

} // namespace tau::bench
