#pragma once

#include "channel/watch.hpp"
#include "dht/access.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace tau::channel {

/// Names one watch of a watch_set; never used again after cancel().
enum class watch_id : std::uint64_t {};

/// Runs any number of channel_watches on dht::access.
///
/// Threading: tau thread only; handlers run on it, never from within watch().
/// Errors:    none; failed gets are retried by the next poll.
class watch_set {
public:
    /// Told of each new item. May call any method of the set.
    using handler = std::function<void(wire::mutable_item const&)>;

    /// Both outlive the set.
    watch_set(dht::access& dht, random_source& random);
    ~watch_set();
    watch_set(watch_set const&) = delete;
    watch_set& operator=(watch_set const&) = delete;

    /// Begins with the next on_time(); wake_at() says that it is due.
    [[nodiscard]] watch_id watch(address_source addresses, handler told,
                                 watch_settings settings = {}, std::int64_t known_seq = -1);
    /// The handler is not called again. Unknown ids are ignored.
    void cancel(watch_id id);
    /// See channel_watch::hurry(). Unknown ids are ignored.
    void hurry(watch_id id, moment now);
    /// Offers an item that came another way (an exchange) to the watches of its address.
    void on_item(wire::mutable_item const& item, moment now);

    void on_time(moment now);
    /// The earliest wake_at() of all watches; nullopt if none waits. A watch that is
    /// due at once gives time_point{}.
    [[nodiscard]] std::optional<time_point> wake_at() const;

    [[nodiscard]] std::size_t size() const;

private:
    struct state;
    std::shared_ptr<state> m_state; ///< observers hold it weakly
};

} // namespace tau::channel
