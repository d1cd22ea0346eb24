#include "net/udp_tracker.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <array>
#include <cerrno>

namespace tau::net {
namespace {

// A burst of a hundred milliseconds at full speed; the system may grant less.
constexpr int socket_buffer_bytes = 8 << 20;
constexpr std::size_t control_size = CMSG_SPACE(sizeof(in6_pktinfo));

} // namespace

struct udp_tracker::buffers {
    // A line more than it needs: equal distances of a power of two would meet in one set
    // of the processor's cache.
    using datagram = std::array<std::uint8_t, wire::udp::max_request + 64>;
    using answer = std::array<std::uint8_t, wire::udp::max_answer>;
    struct alignas(cmsghdr) control {
        std::array<char, control_size> octets;
    };

    std::array<datagram, batch_size> in;
    std::array<answer, batch_size> out;
    std::array<sockaddr_storage, batch_size> from;
    std::array<endpoint, batch_size> source;
    std::array<control, batch_size> in_control;
    std::array<iovec, batch_size> in_vector{};
    std::array<iovec, batch_size> out_vector{};
    std::array<mmsghdr, batch_size> in_message{};
    std::array<mmsghdr, batch_size> out_message{};
};

udp_tracker::udp_tracker(endpoint const& where, tracker::udp_responder& responder,
                         tracker::counters& counted, clock_source const& clock)
    : m_fd(bind_shared(where, SOCK_DGRAM)), m_local(local_endpoint(m_fd.get())),
      m_is_wildcard(where.address().is_unspecified()), m_responder(responder), m_counters(counted),
      m_clock(clock), m_buffers(std::make_unique<buffers>()) {
    int const on = 1;
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &socket_buffer_bytes, sizeof socket_buffer_bytes);
    ::setsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &socket_buffer_bytes, sizeof socket_buffer_bytes);
    if (m_is_wildcard && where.address().is_v6())
        ::setsockopt(fd(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    else if (m_is_wildcard)
        ::setsockopt(fd(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    auto& b = *m_buffers;
    for (std::size_t i = 0; i < batch_size; ++i) {
        b.in_vector[i] = {b.in[i].data(), wire::udp::max_request};
        b.in_message[i].msg_hdr.msg_iov = &b.in_vector[i];
        b.in_message[i].msg_hdr.msg_iovlen = 1;
        b.in_message[i].msg_hdr.msg_name = &b.from[i];
    }
}

udp_tracker::~udp_tracker() = default;

std::size_t udp_tracker::receive() {
    auto& b = *m_buffers;
    for (std::size_t i = 0; i < batch_size; ++i) {
        auto& header = b.in_message[i].msg_hdr;
        header.msg_namelen = sizeof(sockaddr_storage);
        header.msg_control = m_is_wildcard ? b.in_control[i].octets.data() : nullptr;
        header.msg_controllen = m_is_wildcard ? control_size : 0;
        header.msg_flags = 0;
    }
    int const count = ::recvmmsg(fd(), b.in_message.data(), batch_size, MSG_DONTWAIT, nullptr);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

// Where a datagram to a wildcard socket was sent to. The control message is kept
// for the answer, changed so that it names the source.
endpoint udp_tracker::asked_address(std::size_t i) const {
    auto& header = m_buffers->in_message[i].msg_hdr;
    for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            auto& info = *reinterpret_cast<in_pktinfo*>(CMSG_DATA(c));
            info.ipi_ifindex = 0;
            info.ipi_spec_dst = info.ipi_addr;
            return {boost::asio::ip::address_v4(ntohl(info.ipi_addr.s_addr)), m_local.port()};
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            auto& info = *reinterpret_cast<in6_pktinfo*>(CMSG_DATA(c));
            boost::asio::ip::address_v6::bytes_type raw;
            std::copy(std::begin(info.ipi6_addr.s6_addr), std::end(info.ipi6_addr.s6_addr),
                      raw.begin());
            boost::asio::ip::address_v6 const address(raw);
            // A link-local answer leaves by the interface it came in on.
            if (!address.is_link_local())
                info.ipi6_ifindex = 0;
            return {address, m_local.port()};
        }
    }
    return m_local;
}

std::size_t udp_tracker::answer(std::size_t received) {
    auto& b = *m_buffers;
    auto const now = m_clock.now();
    std::size_t answers = 0;
    for (std::size_t i = 0; i < received; ++i) {
        b.source[i] = endpoint_of(reinterpret_cast<sockaddr const&>(b.from[i]));
        m_responder.expect({b.in[i].data(), b.in_message[i].msg_len}, b.source[i].address());
    }
    m_responder.prefetch_expected();
    for (std::size_t i = 0; i < received; ++i) {
        auto& in = b.in_message[i];
        auto const& from = b.source[i];
        auto const asked = m_is_wildcard ? asked_address(i) : m_local;
        // Port 0 cannot be answered; a cut datagram was larger than any request.
        if (from.port() == 0 || (in.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
            m_counters.add(tracker::counter::udp_malformed);
            continue;
        }
        auto const size = m_responder.answer({b.in[i].data(), in.msg_len}, from.address(), asked,
                                             now, b.out[answers]);
        if (size == 0)
            continue;
        b.out_vector[answers] = {b.out[answers].data(), size};
        auto& out = b.out_message[answers].msg_hdr;
        out = in.msg_hdr;
        out.msg_iov = &b.out_vector[answers];
        if (out.msg_controllen == 0)
            out.msg_control = nullptr;
        ++answers;
    }
    return answers;
}

void udp_tracker::send(std::size_t count) {
    std::size_t sent = 0;
    while (sent < count) {
        int const n = ::sendmmsg(fd(), m_buffers->out_message.data() + sent,
                                 static_cast<unsigned>(count - sent), MSG_DONTWAIT);
        if (n > 0) {
            sent += static_cast<std::size_t>(n);
            continue;
        }
        // One that cannot be sent must not hold up the others.
        m_counters.add(tracker::counter::udp_send_failures);
        ++sent;
    }
}

udp_tracker::load udp_tracker::serve(std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) {
        auto const received = receive();
        send(answer(received));
        if (received < batch_size)
            return i == 0 && received == 0 ? load::none : load::some;
    }
    return load::full;
}

} // namespace tau::net
