#include "sim/gossip/trace.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace tau::test {
namespace {

using namespace std::chrono_literals;

constexpr trace_time shortest_session = 60s;
constexpr trace_time item_life = 2h;

double uniform(random_source& random) {
    return (static_cast<double>(random.below(1'000'000'007)) + 0.5) / 1'000'000'007.0;
}

/// Log-normal with this mean: median = mean / e^(sigma^2 / 2).
trace_time log_normal(random_source& random, double mean_ms, double sigma) {
    auto const z = std::sqrt(-2 * std::log(uniform(random)))
                   * std::cos(2 * std::numbers::pi * uniform(random));
    auto const ms = mean_ms * std::exp(-sigma * sigma / 2 + sigma * z);
    return trace_time(static_cast<std::int64_t>(std::min(ms, 1e9)));
}

bool is_night(trace_time at) {
    return at % 24h < 6h;
}

std::vector<trace_session> sessions_of(trace_settings const& s, random_source& random) {
    auto const on = static_cast<double>(trace_time(s.mean_session).count());
    auto const off = on * (1 - s.online) / s.online;
    std::vector<trace_session> out;
    // Begins in the middle of a pause, or of a session.
    auto at = -trace_time(static_cast<std::int64_t>(uniform(random) * (on + off)));
    while (at < s.length) {
        auto const length = std::max(log_normal(random, on, 1.1), shortest_session);
        bool const sleeps = s.day_and_night && is_night(at) && uniform(random) < 0.85;
        if (!sleeps && at + length > 0ms)
            out.push_back({std::max(at, trace_time(0)), at + length});
        at += length + std::max(log_normal(random, off, 1.1), shortest_session);
    }
    return out;
}

void make_friends(trace& out, random_source& random) {
    auto const n = out.settings.devices;
    std::vector<std::set<std::size_t>> links(n);
    auto const link = [&](std::size_t a, std::size_t b) {
        links[a].insert(b);
        links[b].insert(a);
    };
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 1; k <= (out.settings.friends + 1) / 2; ++k) {
            auto other = (i + k) % n;
            if (uniform(random) < out.settings.rewired)
                other = random.below(n);
            if (other != i)
                link(i, other);
        }
    for (auto const& one : links)
        out.friends.emplace_back(one.begin(), one.end());
}

} // namespace

std::optional<trace_time> trace::online_from(std::size_t device, trace_time at) const {
    for (auto const& one : sessions[device])
        if (at < one.to)
            return std::max(at, one.from);
    return std::nullopt;
}

bool trace::is_online(std::size_t device, trace_time at) const {
    return online_from(device, at) == at;
}

double trace::clustering() const {
    double closed = 0, all = 0;
    for (auto const& mine : friends)
        for (std::size_t a = 0; a < mine.size(); ++a)
            for (std::size_t b = a + 1; b < mine.size(); ++b) {
                auto const& theirs = friends[mine[a]];
                all += 1;
                closed += std::binary_search(theirs.begin(), theirs.end(), mine[b]) ? 1 : 0;
            }
    return all > 0 ? closed / all : 0;
}

void write_messages(trace& out, random_source& random) {
    for (std::size_t who = 0; who < out.sessions.size(); ++who) {
        if (out.friends[who].empty())
            continue;
        trace_time online{0};
        for (auto const& one : out.sessions[who])
            online += std::max(trace_time(0),
                               std::min<trace_time>(one.to, out.settings.composing) - one.from);
        auto const days = static_cast<double>(trace_time(out.settings.composing).count())
                          / static_cast<double>(trace_time(24h).count());
        auto const count =
            online > 0ms ? static_cast<std::size_t>(out.settings.messages_per_day * days) : 0;
        for (std::size_t i = 0; i < count; ++i) {
            auto left = trace_time(
                static_cast<std::int64_t>(uniform(random) * static_cast<double>(online.count())));
            for (auto const& one : out.sessions[who]) {
                auto const span = std::max(
                    trace_time(0), std::min<trace_time>(one.to, out.settings.composing) - one.from);
                if (left < span) {
                    auto const& list = out.friends[who];
                    out.messages.push_back({who, list[random.below(list.size())], one.from + left});
                    break;
                }
                left -= span;
            }
        }
    }
    std::stable_sort(out.messages.begin(), out.messages.end(),
                     [](auto const& a, auto const& b) { return a.at < b.at; });
}

trace make_trace(trace_settings const& settings, std::uint64_t seed) {
    seeded_random random(seed);
    trace out;
    out.settings = settings;
    for (std::size_t i = 0; i < settings.devices; ++i)
        out.sessions.push_back(sessions_of(settings, random));
    make_friends(out, random);
    write_messages(out, random);
    return out;
}

std::optional<trace_time> omniscient_delivery(trace const& t, trace_message const& m) {
    return t.online_from(m.to, m.at);
}

std::optional<trace_time> plain_mailbox_delivery(trace const& t, trace_message const& m) {
    // Either the receiver comes while a put is fresh, or the sender comes while it is there.
    std::optional<trace_time> best;
    for (auto const& mine : t.sessions[m.from]) {
        if (mine.to <= m.at)
            continue;
        auto const from = std::max(mine.from, m.at);
        auto const there = t.online_from(m.to, from);
        if (there && *there < mine.to + item_life)
            best = best ? std::min(*best, *there) : *there;
    }
    return best;
}

} // namespace tau::test
