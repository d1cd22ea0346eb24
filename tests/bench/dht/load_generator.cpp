#include "load_generator.hpp"

#include "network_process.hpp"
#include "samples.hpp"
#include "wire/mutable_item.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace tau::bench {
namespace {

constexpr std::size_t window = 128; // outstanding queries; 256 overflow a socket buffer
constexpr std::size_t batch = 32;   // datagrams a system call

/// One query an item; only the transaction id differs between uses.
std::vector<std::string> queries_for(public_key const& author, std::size_t items) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < items; ++i) {
        auto const target = wire::target_of({author, wire::salt::from(item_salt(i)).value()});
        out.push_back("d1:ad2:id20:bench-load-generator6:target20:"
                      + std::string(as_text(target.view())) + "e1:q3:get1:t2:xx1:y1:qe");
    }
    return out;
}

class load_socket {
public:
    explicit load_socket(endpoint const& node) : m_descriptor(::socket(AF_INET, SOCK_DGRAM, 0)) {
        int const buffer = 4 << 20;
        ::setsockopt(m_descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        if (::connect(m_descriptor, node.data(), static_cast<socklen_t>(node.size())) != 0)
            throw std::runtime_error("the load generator has no route to the node");
    }
    ~load_socket() { ::close(m_descriptor); }
    load_socket(load_socket const&) = delete;
    load_socket& operator=(load_socket const&) = delete;

    void send(std::vector<std::string> const& queries, std::size_t& next, std::size_t count) {
        std::array<mmsghdr, batch> messages{};
        std::array<iovec, batch> parts{};
        while (count > 0) {
            auto const now = std::min(count, batch);
            for (std::size_t i = 0; i < now; ++i) {
                auto const& query = queries[next++ % queries.size()];
                parts[i] = {const_cast<char*>(query.data()), query.size()};
                messages[i].msg_hdr.msg_iov = &parts[i];
                messages[i].msg_hdr.msg_iovlen = 1;
            }
            ::sendmmsg(m_descriptor, messages.data(), static_cast<unsigned>(now), 0);
            count -= now;
        }
    }

    /// Answers with a value that came within the time; 0: none came.
    std::size_t receive(std::chrono::milliseconds wait) {
        pollfd ready{m_descriptor, POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(wait.count())) <= 0)
            return 0;
        std::array<mmsghdr, batch> messages{};
        std::array<iovec, batch> parts{};
        for (std::size_t i = 0; i < batch; ++i) {
            parts[i] = {m_buffers[i].data(), m_buffers[i].size()};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        auto const got = ::recvmmsg(m_descriptor, messages.data(), batch, MSG_DONTWAIT, nullptr);
        return got > 0 ? count_values(messages, static_cast<std::size_t>(got)) : 0;
    }

private:
    std::size_t count_values(std::array<mmsghdr, batch> const& messages, std::size_t got) const {
        std::size_t values = 0, queries = 0;
        for (std::size_t i = 0; i < got; ++i) {
            auto const* const text =
                static_cast<char const*>(messages[i].msg_hdr.msg_iov->iov_base);
            // Now and then the node asks whether we are a node of the DHT.
            if (std::string_view(text, messages[i].msg_len).ends_with("1:y1:qe"))
                ++queries;
            else
                values += messages[i].msg_len > value_bytes; // an answer without value is shorter
        }
        if (values + queries != got)
            throw std::runtime_error("the node answered without a value");
        return values;
    }

    int m_descriptor;
    std::array<std::array<char, 2048>, batch> m_buffers{};
};

} // namespace

load_result generate_load(endpoint const& node, public_key const& author, std::size_t items,
                          std::chrono::seconds how_long) {
    auto const queries = queries_for(author, items);
    load_socket socket(node);
    load_result out;
    std::size_t next = 0, outstanding = window;
    socket.send(queries, next, window);
    auto const begun = steady::now();
    while (steady::now() - begun < how_long) {
        auto const got = socket.receive(std::chrono::milliseconds(100));
        if (got == 0) { // what is still out was lost; begin a new window
            out.lost += outstanding;
            outstanding = 0;
        }
        out.answers += got;
        outstanding -= std::min(got, outstanding);
        if (window - outstanding >= batch) {
            socket.send(queries, next, window - outstanding);
            outstanding = window;
        }
    }
    out.answers_per_second = static_cast<double>(out.answers) / (ms_since(begun) / 1000);
    return out;
}

} // namespace tau::bench
