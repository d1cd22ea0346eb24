#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "wire/mutable_item.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tau::channel {

/// Where a channel is found at a time: one address, or one for each slot to read.
using address_source = std::function<std::vector<wire::item_address>(unix_ms)>;

/// An address_source that always gives the same place.
[[nodiscard]] address_source fixed_address(wire::item_address where);

/// How often a watch asks. A poll that finds nothing new multiplies the pause by
/// `growth` up to `longest`; a new value returns it to `shortest`.
struct watch_settings {
    std::chrono::milliseconds shortest{5'000};
    std::chrono::milliseconds longest{1'800'000};
    double growth = 2.0;
    /// Each pause is changed at random by up to this part, so that nodes do not poll in step.
    double jitter = 0.2;
};

/// A get that the watch asks for.
struct watch_query {
    wire::item_address where;
    std::int64_t known_seq; ///< BEP 44 `seq` of the query; -1: nothing known
};

/// Polls a channel and tells of each new seq once, in rising order.
///
/// A pure state machine: it names the gets to make, is offered what they bring and
/// wants on_time() at wake_at(). All addresses of one watch share one rising seq
/// (ours is the greater of last + 1 and unix ms), so a value of an older slot is old.
///
/// Source:    docs/wire/channels.md. Threading: one thread.
/// Errors:    none; a get that failed counts as nothing new.
class channel_watch {
public:
    /// The first poll is due at once. `known_seq` was told before, perhaps in an
    /// earlier run; -1: none.
    channel_watch(address_source addresses, random_source& random, watch_settings settings = {},
                  std::int64_t known_seq = -1);

    /// The gets to make now; empty before wake_at(). A poll whose gets have not all
    /// ended keeps the next one waiting.
    [[nodiscard]] std::vector<watch_query> on_time(moment now);
    /// When on_time() must be called; nullopt while a poll is under way. Due at once is
    /// time_point{}, which callers may subtract from now without overflow.
    [[nodiscard]] std::optional<time_point> wake_at() const;

    /// Offers a verified item that the current poll brought. True if it is new: the
    /// caller tells of it now. The next poll is then due `shortest` after this one.
    [[nodiscard]] bool on_item(wire::mutable_item const& item);
    /// Offers one that came another way; the next poll is then due `shortest` from now.
    [[nodiscard]] bool on_item(wire::mutable_item const& item, moment now);
    /// One get of the current poll has ended, with or without an item.
    void on_done();

    /// Asks for a poll now (the user opened the chat, gossip told of news).
    void hurry(moment now);

    [[nodiscard]] std::int64_t known_seq() const { return m_known_seq; }
    /// The pause that follows if nothing changes, before jitter.
    [[nodiscard]] std::chrono::milliseconds pause() const { return m_pause; }

private:
    [[nodiscard]] bool take(wire::mutable_item const& item, time_point since);
    [[nodiscard]] std::chrono::milliseconds jittered(std::chrono::milliseconds pause);

    address_source m_addresses;
    random_source& m_random;
    watch_settings m_settings;
    std::int64_t m_known_seq;
    std::chrono::milliseconds m_pause;
    time_point m_next;         ///< when the next poll may begin; zero: at once
    time_point m_polled{};     ///< when the current or last poll began
    std::size_t m_pending = 0; ///< gets of the current poll that have not ended
};

} // namespace tau::channel
