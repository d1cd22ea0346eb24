#pragma once

#include "core/endpoint.hpp"
#include "wire/tracker_answer.hpp"
#include "wire/tracker_request.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tau::wire {

/// BEP 15 actions; the last two are ours (docs/wire/tracker.md).
enum class udp_action : std::uint32_t {
    connect = 0,
    announce = 1,
    scrape = 2,
    error = 3,
    link = 0x5441'5501,  ///< up to max_udp_changes claims under one signature
    route = 0x5441'5502, ///< how a wallet is reached
};

namespace udp {

inline constexpr std::uint64_t protocol_id = 0x41727101980ULL;
inline constexpr std::size_t header_size = 16;
inline constexpr std::size_t announce_size = 98;
inline constexpr std::size_t announce_answer_head = 20;
inline constexpr std::size_t scrape_answer_head = 8;
/// Larger datagrams are cut by the receive buffer and refused; our limit.
inline constexpr std::size_t max_request = 2048;
inline constexpr std::size_t max_answer = 1400;
/// Claims in one datagram, so that it stays below 1,400 octets.
inline constexpr std::size_t max_changes = 48;
/// Flags of a wallet request and of a hop; the last two are of hops alone.
inline constexpr std::uint8_t flag_accepts = 1;
inline constexpr std::uint8_t flag_v6 = 2;
inline constexpr std::uint8_t flag_key = 4; ///< the owner's ed25519 key follows the endpoint
/// Octets of BEP 41 URL data in all; our limit.
inline constexpr std::size_t max_url_data = 1024;

/// The first sixteen octets of every request.
struct request_head {
    std::uint64_t connection_id = 0;
    udp_action action = udp_action::connect;
    std::uint32_t transaction = 0;
};

/// errc::invalid_length below header_size.
[[nodiscard]] result<request_head> read_head(byte_view datagram);

/// An announce and what BEP 41 options said.
struct announce_datagram {
    announce_request request;
    std::string url_data; ///< "/path?query"; empty without options
};

/// errc::invalid_length below announce_size. Options behind a malformed or unknown
/// one are not read (BEP 41 lets them be ignored); errc::too_large beyond
/// max_url_data. The `ip` field is not read: it would let anyone list anyone.
[[nodiscard]] result<announce_datagram> read_announce(byte_view datagram);

/// Read alone and unverified; nullopt for other datagrams.
[[nodiscard]] std::optional<announce_subject> subject_of_announce(byte_view datagram);

/// errc::invalid_length for no hash at all; what follows the last whole hash is ignored.
[[nodiscard]] result<scrape_request> read_scrape(byte_view datagram);

/// The actions `link` and `route`. errc::invalid_length, or errc::invalid_argument
/// for no change, too many, or no number of paths.
[[nodiscard]] result<announce_request> read_wallet_request(byte_view datagram);

/// Writes numbers in network order at the end of a fixed buffer. The caller has
/// made the buffer large enough for what it writes.
class writer {
public:
    explicit writer(std::span<std::uint8_t> out) : m_out(out) {}

    template <class Number>
    void number(Number value) {
        for (std::size_t i = sizeof value; i-- > 0;)
            m_out[m_size++] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    void octets(byte_view data) {
        std::memcpy(m_out.data() + m_size, data.data(), data.size());
        m_size += data.size();
    }
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] std::size_t room() const { return m_out.size() - m_size; }

private:
    std::span<std::uint8_t> m_out;
    std::size_t m_size = 0;
};

void write_connect_answer(writer& out, std::uint32_t transaction, std::uint64_t connection_id);
/// The twenty octets before the peers.
void write_announce_head(writer& out, std::uint32_t transaction, std::uint32_t interval_s,
                         swarm_counts const& counts);
void write_scrape_head(writer& out, std::uint32_t transaction);
void write_scrape_row(writer& out, swarm_counts const& counts);
void write_error(writer& out, std::uint32_t transaction, std::string_view reason);
/// The answer to `link`; its 20 octets are always fewer than the request's.
void write_link_answer(writer& out, std::uint32_t transaction, std::uint32_t interval_s,
                       unix_ms time);
/// The answer to `route`; paths that do not fit `out` are left out from the end, and
/// all keys if they would cost a path.
void write_route_answer(writer& out, std::uint32_t transaction, std::uint32_t interval_s,
                        route_answer const& route);

// The client's side of the same messages.

[[nodiscard]] bytes write_connect(std::uint32_t transaction);
/// `url_data` travels as BEP 41 options of up to 255 octets each.
[[nodiscard]] bytes write_announce(std::uint64_t connection_id, std::uint32_t transaction,
                                   announce_request const& request, std::string_view url_data = {});
[[nodiscard]] bytes write_scrape(std::uint64_t connection_id, std::uint32_t transaction,
                                 scrape_request const& request);
/// `link`, `unlink` or `route`, by the request's wallet action; errc::invalid_argument
/// for another, errc::too_large for more than max_changes.
[[nodiscard]] result<bytes> write_wallet_request(std::uint64_t connection_id,
                                                 std::uint32_t transaction,
                                                 announce_request const& request);

struct connect_answer {
    std::uint64_t connection_id = 0;
};
struct announce_reply {
    std::uint32_t interval_s = 0;
    swarm_counts counts; ///< `downloaded` is not transmitted
    std::vector<endpoint> peers;
};
struct scrape_reply {
    std::vector<swarm_counts> rows;
};
struct error_reply {
    std::string reason;
};
struct link_reply {
    std::uint32_t interval_s = 0;
    unix_ms time;
};
struct route_reply {
    std::uint32_t interval_s = 0;
    route_answer route;
};
using reply = std::variant<connect_answer, announce_reply, scrape_reply, error_reply, link_reply,
                           route_reply>;
struct answer_datagram {
    std::uint32_t transaction = 0;
    reply body;
};

/// `is_v6` says which peers an announce answer carries: it follows the socket's
/// family. errc::invalid_length, or errc::invalid_argument for an unknown action.
[[nodiscard]] result<answer_datagram> read_answer(byte_view datagram, bool is_v6);

} // namespace udp
} // namespace tau::wire
