#include "dht/get_policy.hpp"

#include "dht/deadline_queue.hpp"

#include <algorithm>

namespace tau::dht {
namespace {

// Adaptive mode gives even the nearest node this long.
constexpr std::chrono::milliseconds min_adaptive_wait{100};

} // namespace

void get_policy::begin(std::vector<candidate> const& who, time_point now) {
    m_begun = now;
    if (m_mode != get_mode::recursive)
        for (auto const& c : who)
            add(c);
    if (!m_lines.empty())
        return;
    if (m_mode == get_mode::direct)
        finish(errc::unreachable);
    else
        traverse_once(now);
}

void get_policy::add(candidate const& who) {
    if (m_ended || m_mode == get_mode::recursive || find(who.where)
        || m_lines.size() >= m_settings.max_direct_endpoints)
        return;
    m_lines.push_back({who});
    m_lines.back().sends = 1;
    m_steps.emplace_back(ask{who.where});
}

get_policy::line* get_policy::find(endpoint const& where) {
    auto const found = std::find_if(m_lines.begin(), m_lines.end(),
                                    [&](line const& l) { return l.who.where == where; });
    return found == m_lines.end() ? nullptr : &*found;
}

void get_policy::on_sent(endpoint const& to, time_point now) {
    auto* l = find(to);
    if (!l || m_ended)
        return;
    l->in_pacer = false;
    l->last_sent = now;
    if (!m_first_sent)
        m_first_sent = now;
}

void get_policy::on_direct_value(endpoint const& from, weight w, time_point now) {
    if (m_ended)
        return;
    if (auto* l = find(from))
        l->closed = true;
    settle(w, now);
    if (!m_ended && !m_recursion_began && all_closed())
        finish({});
}

void get_policy::on_recursive_value(weight w, time_point now) {
    if (!m_ended)
        settle(w, now);
}

// The first value leaves a little time for a higher seq from somebody else.
void get_policy::settle(weight w, time_point now) {
    m_has_value = true;
    m_retry_at.reset();
    if (w == weight::last_word) {
        finish({});
        return;
    }
    if (!m_settle_at) {
        auto const direct = m_recursion_began ? std::nullopt : direct_deadline();
        m_settle_at = direct.value_or(now + m_settings.settle_timeout);
    }
}

void get_policy::on_negative(endpoint const& from, time_point now) {
    auto* l = find(from);
    if (m_ended || !l)
        return;
    l->closed = true;
    if (!all_closed())
        return;
    if (m_has_value && !m_recursion_began)
        finish({});
    else
        give_up_direct(now);
}

void get_policy::on_crossed(endpoint const& from, time_point now) {
    auto* l = find(from);
    if (m_ended || !l || l->closed || l->in_pacer)
        return;
    if (m_has_value || m_recursion_began || l->sends > m_settings.max_resends) {
        on_negative(from, now);
        return;
    }
    ++l->sends;
    l->in_pacer = true;
    m_steps.emplace_back(ask{l->who.where, true});
}

void get_policy::on_nothing_newer() {
    finish(m_has_value ? error_code{} : errc::not_found);
}

void get_policy::on_traversal_done() {
    if (m_ended || m_outstanding == 0 || --m_outstanding > 0)
        return;
    finish(m_has_value ? error_code{} : errc::not_found);
}

bool get_policy::all_closed() const {
    return std::all_of(m_lines.begin(), m_lines.end(), [](line const& l) { return l.closed; });
}

std::optional<time_point> get_policy::direct_deadline() const {
    if (!m_first_sent)
        return m_begun + m_settings.max_pace_wait;
    auto wait = std::chrono::duration_cast<std::chrono::microseconds>(m_settings.direct_timeout);
    if (m_settings.wait == direct_wait::adaptive) {
        for (auto const& l : m_lines) {
            if (l.who.srtt.count() == 0)
                continue;
            auto const scaled = std::chrono::microseconds(static_cast<std::int64_t>(
                static_cast<double>(l.who.srtt.count()) * m_settings.adaptive_factor));
            wait = std::min(wait, std::max<std::chrono::microseconds>(scaled, min_adaptive_wait));
        }
    }
    return *m_first_sent + wait;
}

// Each resend waits twice as long as the one before.
std::optional<time_point> get_policy::resend_at(line const& l) const {
    if (l.closed || l.in_pacer || m_has_value || m_recursion_began
        || l.sends > m_settings.max_resends)
        return std::nullopt;
    return *l.last_sent + l.who.resend_after(m_settings) * (1 << (l.sends - 1));
}

std::optional<time_point> get_policy::wake_at() const {
    if (m_ended)
        return std::nullopt;
    auto out = m_settle_at;
    for (auto const& l : m_lines)
        out = earlier(out, resend_at(l));
    if (m_recursion_began) {
        out = earlier(out, m_retry_at);
        out = earlier(out, *m_recursion_began + m_settings.recursive_timeout);
    } else if (!m_lines.empty()) {
        out = earlier(out, direct_deadline());
    }
    return out;
}

void get_policy::on_time(time_point now) {
    if (m_ended)
        return;
    if (m_settle_at && now >= *m_settle_at) {
        finish({});
        return;
    }
    if (!m_recursion_began && !m_lines.empty() && now >= *direct_deadline()) {
        give_up_direct(now);
        return;
    }
    for (auto& l : m_lines) {
        auto const due = resend_at(l);
        if (due && now >= *due) {
            ++l.sends;
            l.in_pacer = true;
            m_steps.emplace_back(ask{l.who.where, true});
        }
    }
    if (m_retry_at && now >= *m_retry_at)
        traverse_once(now);
    if (m_recursion_began && now >= *m_recursion_began + m_settings.recursive_timeout)
        finish(m_has_value ? error_code{} : errc::timed_out);
}

void get_policy::give_up_direct(time_point now) {
    if (m_recursion_began)
        return;
    if (m_mode == get_mode::automatic)
        traverse_once(now);
    else
        finish(all_closed() ? errc::not_found : errc::timed_out);
}

void get_policy::traverse_once(time_point now) {
    if (!m_recursion_began)
        m_recursion_began = now;
    ++m_traversals;
    ++m_outstanding;
    m_retry_at.reset();
    if (m_traversals < m_settings.max_traversals)
        m_retry_at = now + m_settings.recursive_retry;
    m_steps.emplace_back(traverse{});
}

void get_policy::cancel() {
    finish(errc::cancelled);
}

std::vector<endpoint> get_policy::silent() const {
    std::vector<endpoint> out;
    for (auto const& l : m_lines)
        if (!l.closed && l.last_sent)
            out.push_back(l.who.where);
    return out;
}

bool get_policy::awaits(endpoint const& from) const {
    return !m_ended && std::any_of(m_lines.begin(), m_lines.end(), [&](line const& l) {
        return l.who.where == from && l.last_sent && !l.closed;
    });
}

void get_policy::finish(error_code why) {
    if (m_ended)
        return;
    m_ended = true;
    m_steps.emplace_back(end{why});
}

} // namespace tau::dht
