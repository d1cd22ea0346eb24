#include "plugins/swarm/link_hub.hpp"

#include "plugins/swarm/link_peer.hpp"

#include <utility>

namespace tau::plugins {

std::vector<hub_event> link_hub::take_events() {
    std::lock_guard const lock(m_mutex);
    return std::exchange(m_events, {});
}

void link_hub::send(overlay::connection_id id, bytes packet) {
    std::lock_guard const lock(m_mutex);
    m_output.push_back({id, std::move(packet)});
}

void link_hub::close(overlay::connection_id id, overlay::closing how) {
    std::lock_guard const lock(m_mutex);
    m_output.push_back({id, {}, how});
}

bool link_hub::has_output() const {
    std::lock_guard const lock(m_mutex);
    return !m_output.empty();
}

void link_hub::shut() {
    std::lock_guard const lock(m_mutex);
    m_shut = true;
    m_events.clear();
    m_output.clear();
}

void link_hub::push(hub_event event) {
    std::function<void()> notify;
    {
        std::lock_guard const lock(m_mutex);
        if (m_shut)
            return;
        m_events.push_back(std::move(event));
        if (m_events.size() == 1)
            notify = m_notify;
    }
    if (notify)
        notify();
}

overlay::connection_id link_hub::add_peer(std::weak_ptr<link_peer> peer) {
    m_peers.emplace(++m_last_id, std::move(peer));
    return m_last_id;
}

void link_hub::remove_peer(overlay::connection_id id) {
    m_peers.erase(id);
}

void link_hub::perform_output() {
    std::vector<output> all;
    {
        std::lock_guard const lock(m_mutex);
        all.swap(m_output);
    }
    for (auto const& one : all) {
        auto const found = m_peers.find(one.id);
        auto const peer = found == m_peers.end() ? nullptr : found->second.lock();
        if (!peer)
            continue;
        if (one.closing)
            peer->end(*one.closing);
        else
            peer->send(one.packet);
    }
}

} // namespace tau::plugins
