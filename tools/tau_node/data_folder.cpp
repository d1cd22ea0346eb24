#include "tau_node/data_folder.hpp"

#include "identity/key_file.hpp"
#include "tau_node/failure.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <cstdlib>

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

namespace tau::node {

std::filesystem::path data_folder::default_path() {
    if (char const* const data = std::getenv("XDG_DATA_HOME"); data != nullptr && data[0] == '/')
        return std::filesystem::path(data) / "tau-node";
    if (char const* const home = std::getenv("HOME"); home != nullptr && home[0] == '/')
        return std::filesystem::path(home) / ".local" / "share" / "tau-node";
    throw usage_error("neither XDG_DATA_HOME nor HOME is set; name the folder with --data DIR");
}

std::filesystem::path data_folder::key_file() const {
    return m_path / identity::key_file_name;
}

socket_name::socket_name(std::filesystem::path const& socket) : m_path(socket) {
    if (socket.native().size() < sizeof(sockaddr_un::sun_path))
        return;
    m_folder = ::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (m_folder < 0)
        throw failure(exit_code::failed, "not_found",
                      "cannot open the folder " + socket.parent_path().string());
    m_path = std::filesystem::path("/proc/self/fd") / std::to_string(m_folder) / socket.filename();
}

socket_name::~socket_name() {
    if (m_folder >= 0)
        ::close(m_folder);
}

boost::asio::generic::stream_protocol::endpoint socket_name::endpoint() const {
    return boost::asio::local::stream_protocol::endpoint(m_path.native());
}

} // namespace tau::node
