#include "support/delay_path.hpp"

#include <dlfcn.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

// The C library's own functions, found behind the ones defined below.
namespace {

using sendto_function = ssize_t (*)(int, void const*, size_t, int, sockaddr const*, socklen_t);
using sendmsg_function = ssize_t (*)(int, msghdr const*, int);

sendto_function real_sendto() {
    static auto const found = reinterpret_cast<sendto_function>(::dlsym(RTLD_NEXT, "sendto"));
    return found;
}

sendmsg_function real_sendmsg() {
    static auto const found = reinterpret_cast<sendmsg_function>(::dlsym(RTLD_NEXT, "sendmsg"));
    return found;
}

bool is_internet(int descriptor, int wanted_type) {
    int type = 0, domain = 0;
    socklen_t length = sizeof type;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == wanted_type
           && ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0
           && (domain == AF_INET || domain == AF_INET6);
}

/// The one queue of datagrams and pieces of streams on their way. The delay is the same
/// for all, so the order in which they came is the order in which they leave.
class delay_line {
public:
    void set(tau::test::path const& wanted) {
        std::lock_guard const lock(m_mutex);
        m_path = wanted;
        if (!m_thread_runs) {
            m_thread_runs = true;
            std::thread([this] { run(); }).detach();
        }
    }

    /// Whether what the socket sends belongs here.
    [[nodiscard]] bool takes(int descriptor) {
        bool tcp = false;
        {
            std::lock_guard const lock(m_mutex);
            if (m_path.delay_ms <= 0 && m_path.loss_percent <= 0)
                return false;
            tcp = m_path.tcp;
        }
        return is_internet(descriptor, SOCK_DGRAM) || (tcp && is_internet(descriptor, SOCK_STREAM));
    }

    void send(int descriptor, sockaddr const* to, socklen_t to_length, iovec const* parts,
              std::size_t part_count) {
        packet next;
        // A connection that is closed meanwhile ends when its last octet has left.
        next.is_stream = is_internet(descriptor, SOCK_STREAM);
        next.descriptor = next.is_stream ? ::dup(descriptor) : descriptor;
        if (to != nullptr) {
            std::memcpy(&next.to, to, to_length);
            next.to_length = to_length;
        }
        for (std::size_t i = 0; i < part_count; ++i) {
            auto const* const begin = static_cast<std::uint8_t const*>(parts[i].iov_base);
            next.octets.insert(next.octets.end(), begin, begin + parts[i].iov_len);
        }
        std::lock_guard const lock(m_mutex);
        if (!next.is_stream && m_percent(m_random) < m_path.loss_percent)
            return;
        next.due = std::chrono::steady_clock::now()
                   + std::chrono::microseconds(static_cast<long>(m_path.delay_ms * 1000));
        m_queue.push_back(std::move(next));
        m_filled.notify_one();
    }

private:
    struct packet {
        std::chrono::steady_clock::time_point due;
        int descriptor = -1;
        bool is_stream = false;
        sockaddr_storage to{};
        socklen_t to_length = 0;
        std::vector<std::uint8_t> octets;
    };

    void run() {
        std::unique_lock lock(m_mutex);
        for (;;) {
            m_filled.wait(lock, [this] { return !m_queue.empty(); });
            auto const next = std::move(m_queue.front());
            m_queue.pop_front();
            lock.unlock();
            std::this_thread::sleep_until(next.due);
            if (next.is_stream)
                pour(next);
            else
                real_sendto()(next.descriptor, next.octets.data(), next.octets.size(),
                              MSG_NOSIGNAL | MSG_DONTWAIT,
                              next.to_length ? reinterpret_cast<sockaddr const*>(&next.to)
                                             : nullptr,
                              next.to_length);
            lock.lock();
        }
    }

    /// Sends all of it, waiting for room; the socket itself does not block.
    static void pour(packet const& what) {
        std::size_t done = 0;
        while (done < what.octets.size()) {
            auto const sent = real_sendto()(what.descriptor, what.octets.data() + done,
                                            what.octets.size() - done, MSG_NOSIGNAL, nullptr, 0);
            if (sent > 0) {
                done += static_cast<std::size_t>(sent);
            } else if (errno == EAGAIN) {
                pollfd room{what.descriptor, POLLOUT, 0};
                ::poll(&room, 1, 1000);
            } else {
                break;
            }
        }
        ::close(what.descriptor);
    }

    std::mutex m_mutex;
    std::condition_variable m_filled;
    std::deque<packet> m_queue;
    tau::test::path m_path;
    std::mt19937 m_random{1};
    std::uniform_real_distribution<double> m_percent{0, 100};
    bool m_thread_runs = false;
};

delay_line& line() {
    static auto& only = *new delay_line; // never destroyed: its thread never ends
    return only;
}

} // namespace

extern "C" {

ssize_t sendto(int descriptor, void const* octets, size_t size, int flags, sockaddr const* to,
               socklen_t to_length) {
    if (!line().takes(descriptor))
        return real_sendto()(descriptor, octets, size, flags, to, to_length);
    iovec const part{const_cast<void*>(octets), size};
    line().send(descriptor, to, to_length, &part, 1);
    return static_cast<ssize_t>(size);
}

ssize_t send(int descriptor, void const* octets, size_t size, int flags) {
    return sendto(descriptor, octets, size, flags, nullptr, 0);
}

ssize_t sendmsg(int descriptor, msghdr const* message, int flags) {
    if (!line().takes(descriptor))
        return real_sendmsg()(descriptor, message, flags);
    ssize_t size = 0;
    for (std::size_t i = 0; i < message->msg_iovlen; ++i)
        size += static_cast<ssize_t>(message->msg_iov[i].iov_len);
    line().send(descriptor, static_cast<sockaddr const*>(message->msg_name), message->msg_namelen,
                message->msg_iov, message->msg_iovlen);
    return size;
}

} // extern "C"

namespace tau::test {

void set_path(path const& wanted) {
    line().set(wanted);
}

} // namespace tau::test
