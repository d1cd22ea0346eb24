#pragma once

#include "messenger/types.hpp"

namespace tau::messenger {

/// How a carrier would reach somebody now.
enum class reach {
    none,       ///< it knows no way, and would not find one
    path,       ///< over others' connections, if there is a path
    connection, ///< over a connection with exactly this key
};

/// A way to friends beside the DHT: connections of swarms, and paths over them. It carries
/// sealed octets and learns of their inside nothing.
///
/// What it brings goes to engine::on_carried(), and what a receiver signed for to
/// engine::on_carried_receipt().
/// Threading: tau thread; calls do not come back into the engine before they returned.
class carrier {
public:
    virtual ~carrier() = default;

    /// `wallet` is proven or a hint; without one there is no path.
    [[nodiscard]] virtual reach reach_of(public_key const& who,
                                         std::optional<wallet_address> const& wallet) const = 0;
    /// Carries until the receiver signed or the carrier gives up on its own; repeating it
    /// meanwhile changes nothing. errc::rate_limited and others: not taken.
    [[nodiscard]] virtual error_code carry(public_key const& to, wallet_address const& wallet,
                                           message_id const& id, bytes sealed) = 0;
    /// It arrived another way, or was erased: need not be carried any more. Unknown ids are
    /// ignored.
    virtual void release(message_id const& id) = 0;
    /// A friend says whom they are linked with: a way to them may begin at any of these.
    /// `good_for`: how long that is believed.
    virtual void on_links(wallet_address const& of, std::vector<wallet_address> links,
                          std::chrono::milliseconds good_for) = 0;
    /// The sender of a carried message may know now that it is on our disk.
    virtual void on_kept(message_id const& id) = 0;
    /// It is not ours to keep.
    virtual void on_refused(message_id const& id) = 0;
};

} // namespace tau::messenger
