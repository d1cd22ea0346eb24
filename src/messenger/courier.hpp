#pragma once

#include "dht/access.hpp"
#include "messenger/contact.hpp"

namespace tau::messenger {

struct engine_core;

/// Brings messages and receipts to a friend's own node by exchange: at once when
/// something is new, again with growing pauses until a receipt comes, and from the
/// beginning when the friend is heard of.
///
/// To a friend who has not answered lately it sends little, to one who has it sends
/// what one exchange may carry. Threading: tau thread only.
class courier {
public:
    /// Messages in one exchange, to a friend who answers and to one who may be away.
    static constexpr std::size_t max_carried = 16;
    static constexpr std::size_t max_probed = 2;
    static constexpr std::size_t max_exchanges = 4; ///< under way with one friend
    /// Sealed messages of one friend's outbox kept in memory; the rest is on disk.
    static constexpr std::size_t max_loaded = 64;
    /// Since an exchange carried a message: it is carried again when no receipt came.
    static constexpr std::chrono::seconds receipt_wait{2};
    /// A friend who answered in this time is taken to be online.
    static constexpr std::chrono::seconds online_time{60};
    /// Receipts that become due in this time travel together.
    static constexpr std::chrono::milliseconds receipt_pause{15};

    explicit courier(engine_core& core) : m_core(core) {}

    /// There is something new to deliver.
    void kick(contact_ptr const& to);
    /// The friend's node is there: try at once.
    void on_online(contact_ptr const& to, std::optional<endpoint> where);
    /// A message of theirs is on our disk or was read: say so soon. `id`: name it in
    /// an explicit receipt too, for chains with gaps.
    void owe_receipt(contact_ptr const& to, std::optional<message_id> id = {});
    [[nodiscard]] bool is_online(contact const& who) const;
    /// Renews what we hand back when they exchange with us.
    void offer(contact_ptr const& to);
    void forget(contact& who);

private:
    /// What an exchange took along.
    struct delivery {
        std::vector<message_id> carried;
        bool had_receipt = false;
        time_point begun{};
    };

    void push(contact_ptr const& to);
    void load_outbox(contact_ptr const& to);
    [[nodiscard]] std::vector<message_id> choose(contact& to, std::size_t limit) const;
    [[nodiscard]] dht::parcel pack(contact& to, std::vector<message_id> const& ids);
    void on_answer(contact_ptr const& to, delivery const& what, result<dht::parcel> answer);
    void on_failure(contact_ptr const& to, delivery const& what, error_code ec);
    void start_over(contact& to);
    void retry_with_backoff(contact_ptr const& to);
    void retry_later(contact_ptr const& to, std::chrono::milliseconds pause);

    engine_core& m_core;
};

} // namespace tau::messenger
