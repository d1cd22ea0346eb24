#include "channel/watch_set.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tau::channel {

struct watch_set::state {
    struct entry {
        channel_watch watch;
        handler told;
        std::vector<wire::item_address> polled; ///< addresses of the last poll
    };

    state(dht::access& d, random_source& r) : dht(d), random(r) {}

    /// The handler may cancel this watch or others, so nothing is touched after the call.
    template <class... When>
    void offer(watch_id id, wire::mutable_item const& item, When... when) {
        auto const found = entries.find(id);
        if (found == entries.end() || !found->second.watch.on_item(item, when...))
            return;
        auto const told = found->second.told;
        if (told)
            told(item);
    }

    void done(watch_id id) {
        if (auto const found = entries.find(id); found != entries.end())
            found->second.watch.on_done();
    }

    dht::access& dht;
    random_source& random;
    std::unordered_map<watch_id, entry> entries;
    std::uint64_t last_id = 0;
};

watch_set::watch_set(dht::access& dht, random_source& random)
    : m_state(std::make_shared<state>(dht, random)) {}

watch_set::~watch_set() = default;

watch_id watch_set::watch(address_source addresses, handler told, watch_settings settings,
                          std::int64_t known_seq) {
    watch_id const id{++m_state->last_id};
    m_state->entries.emplace(
        id, state::entry{channel_watch(std::move(addresses), m_state->random, settings, known_seq),
                         std::move(told),
                         {}});
    return id;
}

void watch_set::cancel(watch_id id) {
    m_state->entries.erase(id);
}

void watch_set::hurry(watch_id id, moment now) {
    if (auto const found = m_state->entries.find(id); found != m_state->entries.end())
        found->second.watch.hurry(now);
}

void watch_set::on_item(wire::mutable_item const& item, moment now) {
    std::vector<watch_id> ids;
    for (auto const& [id, entry] : m_state->entries)
        if (std::ranges::find(entry.polled, item.address) != entry.polled.end())
            ids.push_back(id);
    for (auto const id : ids)
        m_state->offer(id, item, now);
}

void watch_set::on_time(moment now) {
    std::vector<std::pair<watch_id, watch_query>> queries;
    for (auto& [id, entry] : m_state->entries) {
        auto asked = entry.watch.on_time(now);
        if (!asked.empty())
            entry.polled.clear();
        for (auto& query : asked) {
            entry.polled.push_back(query.where);
            queries.emplace_back(id, std::move(query));
        }
    }
    std::weak_ptr<state> const weak = m_state;
    for (auto& [id, query] : queries) {
        dht::get_request request{std::move(query.where), dht::get_mode::automatic, std::nullopt,
                                 query.known_seq};
        dht::get_observer observer;
        observer.on_item = [weak, watch = id](dht::got_item const& got) {
            if (auto const alive = weak.lock())
                alive->offer(watch, got.item);
        };
        observer.on_done = [weak, watch = id](error_code) {
            if (auto const alive = weak.lock())
                alive->done(watch);
        };
        m_state->dht.get(std::move(request), std::move(observer));
    }
}

std::optional<time_point> watch_set::wake_at() const {
    std::optional<time_point> out;
    for (auto const& [id, entry] : m_state->entries) {
        auto const at = entry.watch.wake_at();
        if (at && (!out || *at < *out))
            out = at;
    }
    return out;
}

std::size_t watch_set::size() const {
    return m_state->entries.size();
}

} // namespace tau::channel
