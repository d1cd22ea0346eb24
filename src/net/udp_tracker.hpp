#pragma once

#include "core/clock.hpp"
#include "net/socket_handle.hpp"
#include "tracker/udp_responder.hpp"

#include <cstdint>
#include <memory>

namespace tau::net {

/// One UDP socket of the tracker, served in batches: one system call reads up to
/// batch_size datagrams, another sends their answers, each from the address that
/// was asked. Several threads may each have one on the same port.
///
/// Source:    BEP 15; socket(7) SO_REUSEPORT, ip(7) IP_PKTINFO, recvmmsg(2).
/// Threading: one thread. Errors: open() throws boost::system::system_error.
class udp_tracker {
public:
    static constexpr std::size_t batch_size = 64;

    /// Binds `where`; port 0 lets the system choose one.
    udp_tracker(endpoint const& where, tracker::udp_responder& responder,
                tracker::counters& counted, clock_source const& clock);
    ~udp_tracker();
    udp_tracker(udp_tracker&&) = delete;

    [[nodiscard]] int fd() const { return m_fd.get(); }
    /// The address and port in use.
    [[nodiscard]] endpoint const& local() const { return m_local; }

    /// What serve() found: nothing, less than it may take, or as much as that.
    enum class load { none, some, full };
    /// Answers what has arrived, at most `batches` full batches.
    load serve(std::size_t batches);

private:
    struct buffers;

    [[nodiscard]] std::size_t receive();
    [[nodiscard]] std::size_t answer(std::size_t received);
    void send(std::size_t count);
    [[nodiscard]] endpoint asked_address(std::size_t i) const;

    socket_handle m_fd;
    endpoint m_local;
    bool m_is_wildcard;
    tracker::udp_responder& m_responder;
    tracker::counters& m_counters;
    clock_source const& m_clock;
    std::unique_ptr<buffers> m_buffers;
};

} // namespace tau::net
