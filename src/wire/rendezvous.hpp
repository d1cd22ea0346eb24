#pragma once

#include "wire/reach.hpp"

namespace tau::wire {

/// Which step of a rendezvous a message is.
enum class rendezvous_step : std::uint8_t {
    ask = 0,    ///< to the neighbour of both: introduce me to `who`
    call = 1,   ///< to whom is wanted: `who` comes, connect to it at `where`
    answer = 2, ///< back to the neighbour: I do; `who` may come to me at `where`
    come = 3,   ///< to who asked: `who` is at `where`, and connects to you
};

/// One step in the meeting of two neighbours of one node, in the manner of BEP 55.
struct rendezvous {
    rendezvous_step step = rendezvous_step::ask;
    wallet_address who; ///< the one of the two who is not an end of this link
    reach where;        ///< of the sender (ask, answer) or of `who` (call, come)

    friend bool operator==(rendezvous const&, rendezvous const&) = default;
};

// Source: docs/wire/hello.md, "Rendezvous". Errors: errc::invalid_length,
// errc::invalid_encoding.
[[nodiscard]] bytes encode(rendezvous const& what);
[[nodiscard]] result<rendezvous> decode_rendezvous(byte_view body);

} // namespace tau::wire
