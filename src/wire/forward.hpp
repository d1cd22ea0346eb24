#pragma once

#include "core/bytes.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace tau::wire {

/// Hops that a frame may still name, and hops that it may have visited; ours to choose.
inline constexpr std::size_t max_frame_hops = 16;
/// Octets that a frame carries; a sealed message has about 1000.
inline constexpr std::size_t max_frame_payload = 32 * 1024;
/// The longest time that a frame may be under way.
inline constexpr std::chrono::milliseconds max_frame_life{10 * 60 * 1000};

enum class frame_kind : std::uint8_t {
    message = 1,        ///< payload: sealed octets; id: their Keccak-256
    ack = 2,            ///< payload: end_ack; id: Keccak-256 of the payload
    failure = 3,        ///< payload: failure_note; id: of the frame that failed
    layered = 4,        ///< payload: wire/layer.hpp, sealed to the target, which is the next hop
    layered_answer = 5, ///< goes back hop by hop; id: of the layered frame on this link
    probe = 6,          ///< no payload; the target answers with an echo of its id
    echo = 7,
};

/// What goes from hop to hop.
struct frame {
    frame_kind kind = frame_kind::message;
    std::uint8_t hop_limit = max_frame_hops; ///< hops that may still take it
    std::uint8_t attempt = 0;                ///< tells a second sending from a copy
    hash256 id;
    wallet_address target;
    std::chrono::milliseconds life{0};   ///< time left; a hop takes off what it used
    std::vector<wallet_address> path;    ///< behind the receiver, the target included; may be empty
    std::vector<wallet_address> visited; ///< the origin first, the sender of this hop last
    bytes payload;

    friend bool operator==(frame const&, frame const&) = default;
};

/// errc::too_large above a limit; errc::invalid_argument without a visited hop.
[[nodiscard]] result<bytes> encode(frame const& what);
/// errc::invalid_length, errc::invalid_encoding (unknown kind), errc::too_large,
/// errc::invalid_argument. Source: docs/wire/forward.md.
[[nodiscard]] result<frame> decode_frame(byte_view body);

/// What became of frames on one hop.
enum class hop_outcome : std::uint8_t {
    taken = 0,    ///< passed on or delivered
    no_route = 1, ///< no further hop is known here
    looped = 2,   ///< it was here already
    expired = 3,  ///< hop limit or life used up
    crowded = 4,  ///< more than the neighbour may have here
    refused = 5,  ///< this node does not forward
};

/// Frames of one link are counted from 0 in the order they were sent; `count` of them
/// from `first` on had one outcome.
struct hop_report {
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    hop_outcome outcome = hop_outcome::taken;

    friend bool operator==(hop_report const&, hop_report const&) = default;
};
inline constexpr std::size_t max_hop_reports = 1024; ///< in one message; ours to choose

[[nodiscard]] bytes encode(std::vector<hop_report> const& reports);
[[nodiscard]] result<std::vector<hop_report>> decode_hop_reports(byte_view body);

inline constexpr std::size_t max_ack_ids = 256;

/// The receiver has these messages on its disk.
struct end_ack {
    public_key key; ///< the receiver's
    std::vector<hash256> ids;
    signature sig;

    friend bool operator==(end_ack const&, end_ack const&) = default;
};

/// What the receiver signs: a label, for whom, and the ids.
[[nodiscard]] bytes signed_octets(end_ack const& what, wallet_address const& origin);
/// errc::too_large above max_ack_ids, errc::invalid_argument without an id.
[[nodiscard]] result<bytes> encode(end_ack const& what);
[[nodiscard]] result<end_ack> decode_end_ack(byte_view payload);

/// A hop tells the origin that a frame goes no further from there. A hint, unsigned.
struct failure_note {
    wallet_address hop;
    hop_outcome outcome = hop_outcome::no_route;
    std::uint8_t attempt = 0;

    friend bool operator==(failure_note const&, failure_note const&) = default;
};
[[nodiscard]] bytes encode(failure_note const& what);
[[nodiscard]] result<failure_note> decode_failure_note(byte_view payload);

/// The wallets that the sender has links with now: two hops without any server.
inline constexpr std::size_t max_told_neighbours = 64;
[[nodiscard]] bytes encode_neighbours(std::vector<wallet_address> const& list);
/// errc::too_large, errc::invalid_length.
[[nodiscard]] result<std::vector<wallet_address>> decode_neighbours(byte_view body);

} // namespace tau::wire
