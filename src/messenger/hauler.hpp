#pragma once

#include "messenger/carrier.hpp"
#include "messenger/contact.hpp"

namespace tau::messenger {

struct engine_core;

/// The steps of the delivery ladder that are not the DHT's: at once over a connection
/// with the friend; over a path when their node is not known to answer, a moment later
/// otherwise. Does nothing without a carrier. Threading: tau thread only.
class hauler {
public:
    /// How long a direct datagram may try alone before a path is tried as well.
    static constexpr std::chrono::milliseconds stagger{250};
    /// Messages of one friend that are on paths at one time.
    static constexpr std::size_t max_helped = 64;
    /// Times that messages go over a connection alone before datagrams help.
    static constexpr std::uint32_t trusted_tries = 2;

    explicit hauler(engine_core& core) : m_core(core) {}

    void use(carrier* by) { m_carrier = by; }
    [[nodiscard]] carrier* by() const { return m_carrier; }

    /// Whether messages go over a connection with the friend.
    [[nodiscard]] bool is_connected(contact const& to) const;
    /// Whether there is a way to the friend, over a connection or others.
    [[nodiscard]] bool can_reach(contact const& who) const { return reach_of(who) != reach::none; }
    /// Carries the messages and what receipts are due over the connection; nothing else
    /// needs to be sent then.
    void carry_all(contact_ptr const& to, std::vector<message_id> const& ids);
    /// Carries what is undelivered over a path: at once, or soon if a datagram may do.
    void help(contact_ptr const& to);
    /// What arrived, or was erased, is carried no more.
    void release(message_id const& id);
    /// A receipt that could not be handed over otherwise, to a friend who is met this way.
    void carry_receipt(contact_ptr const& to);

    /// What the contact URI said of a friend's wallet, kept over restarts.
    void hint_wallet(contact& of, wallet_address const& wallet);
    void restore_hints();
    [[nodiscard]] static std::optional<wallet_address> wallet_of(contact const& who);

private:
    [[nodiscard]] reach reach_of(contact const& who) const;
    void carry(contact& to, outgoing const& one);
    void carry_loaded(contact& to);

    engine_core& m_core;
    carrier* m_carrier = nullptr;
};

} // namespace tau::messenger
