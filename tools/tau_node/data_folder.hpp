#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

#include <filesystem>
#include <utility> // Boost 1.74's asio needs it first in C++20

namespace tau::node {

/// The folder of one identity and the names of the files in it.
class data_folder {
public:
    explicit data_folder(std::filesystem::path path) : m_path(std::move(path)) {}

    /// $XDG_DATA_HOME/tau-node, or ~/.local/share/tau-node. Throws failure if
    /// neither variable names an absolute path.
    [[nodiscard]] static std::filesystem::path default_path();

    [[nodiscard]] std::filesystem::path const& path() const { return m_path; }
    [[nodiscard]] std::filesystem::path key_file() const;
    [[nodiscard]] std::filesystem::path config() const { return m_path / "tau-node.toml"; }
    [[nodiscard]] std::filesystem::path contact() const { return m_path / "contact"; }
    [[nodiscard]] std::filesystem::path database() const { return m_path / "tau.db"; }
    [[nodiscard]] std::filesystem::path socket() const { return m_path / "control.sock"; }
    [[nodiscard]] std::filesystem::path http_token() const { return m_path / "http-token"; }
    [[nodiscard]] std::filesystem::path session_state() const { return m_path / "session.state"; }
    [[nodiscard]] std::filesystem::path endpoints() const { return m_path / "endpoints"; }
    [[nodiscard]] std::filesystem::path topics() const { return m_path / "topics"; }
    [[nodiscard]] std::filesystem::path files() const { return m_path / "files"; }
    [[nodiscard]] std::filesystem::path log() const { return m_path / "log" / "tau-node.log"; }

private:
    std::filesystem::path m_path;
};

/// A name for a socket file that fits into a socket's address (107 octets), however long
/// the folder's path is: through /proc/self/fd if it must be. Keeps the folder open.
/// Throws failure if the folder cannot be opened.
class socket_name {
public:
    explicit socket_name(std::filesystem::path const& socket);
    ~socket_name();
    socket_name(socket_name const&) = delete;
    socket_name& operator=(socket_name const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const { return m_path; }
    [[nodiscard]] boost::asio::generic::stream_protocol::endpoint endpoint() const;

private:
    int m_folder = -1;
    std::filesystem::path m_path;
};

} // namespace tau::node
