#include "tau_node/overlay_bridge.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"
#include "identity/private_file.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace tau::node {
namespace {

constexpr std::size_t max_file_bytes = 64 * 1024;

bool is_topic_name(std::string const& name) {
    if (name.empty() || name.size() > overlay_bridge::max_topic_name || !is_utf8(name))
        return false;
    return std::none_of(name.begin(), name.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

} // namespace

overlay_bridge::overlay_bridge(overlay_set& overlay, messenger::engine& messenger,
                               std::filesystem::path topics_file, logger log)
    : m_overlay(overlay), m_messenger(messenger), m_file(std::move(topics_file)),
      m_log(std::move(log)), m_alive(std::make_shared<overlay_bridge*>(this)) {}

overlay_bridge::~overlay_bridge() {
    stop();
    *m_alive = nullptr;
}

void overlay_bridge::start(std::uint16_t port, std::vector<std::string> const& topics) {
    m_running = true;
    overlay_observer told;
    told.on_arrival = [this](auto const& what) { on_arrival(what); };
    told.on_acknowledged = [this](auto const& what) { on_acknowledged(what); };
    told.on_link = [this](auto const& who, bool is_up) { on_link(who, is_up); };
    told.on_post = [this](auto const& post) { keep_post(post); };
    m_overlay.observe(std::move(told));
    m_overlay.links().refuse([this](public_key const& key) {
        auto const who = m_messenger.friend_of(key);
        return who && who->state == messenger::friend_state::blocked;
    });
    m_overlay.refuse([this](wallet_address const& wallet) {
        auto const all = m_messenger.friends();
        return std::any_of(all.begin(), all.end(), [&](auto const& one) {
            return one.state == messenger::friend_state::blocked && one.wallet == wallet;
        });
    });
    m_messenger.use_carrier(this);
    m_overlay.start(port);
    load();
    for (auto const& name : topics)
        if (is_topic_name(name))
            m_topics.emplace(name, overlay::topic_hash(name));
    for (auto const& [name, topic] : m_topics)
        m_overlay.join_topic(topic);
}

void overlay_bridge::stop() {
    if (!std::exchange(m_running, false))
        return;
    m_messenger.use_carrier(nullptr);
    m_overlay.observe({});
    m_overlay.stop();
}

messenger::reach overlay_bridge::reach_of(public_key const& who,
                                          std::optional<wallet_address> const& wallet) const {
    if (!m_running)
        return messenger::reach::none;
    auto& links = m_overlay.links();
    if (auto const linked = links.wallet_linked_to(who); linked && linked == wallet)
        return messenger::reach::connection;
    return wallet && links.counts().links > 0 ? messenger::reach::path : messenger::reach::none;
}

error_code overlay_bridge::carry(public_key const& to, wallet_address const& wallet,
                                 messenger::message_id const& id, bytes sealed) {
    if (!m_overlay.links().is_linked(wallet))
        m_overlay.come_near(wallet);
    return m_overlay.send({id, wallet, to, std::move(sealed), carry_life});
}

void overlay_bridge::on_links(wallet_address const& of, std::vector<wallet_address> links,
                              std::chrono::milliseconds good_for) {
    m_overlay.on_far_links(of, std::move(links), good_for);
}

void overlay_bridge::on_kept(messenger::message_id const& id) {
    m_overlay.accept(id);
}

void overlay_bridge::on_refused(messenger::message_id const& id) {
    m_overlay.decline(id);
}

// The forward engine is in the middle of something; the messenger acts at once on what it
// hears, so it hears of it afterwards.
void overlay_bridge::on_arrival(forward::arrival const& what) {
    auto const way = what.visited.size() == 1 ? messenger::delivery_way::connection
                                              : messenger::delivery_way::path;
    m_overlay.post([alive = m_alive, what, way] {
        if (auto* const self = *alive; self != nullptr && self->m_running)
            self->m_messenger.on_carried(what.payload, what.origin, way);
    });
}

void overlay_bridge::on_acknowledged(forward::acknowledged const& what) {
    auto const way =
        what.way.size() <= 1 ? messenger::delivery_way::connection : messenger::delivery_way::path;
    m_overlay.post([alive = m_alive, what, way] {
        if (auto* const self = *alive; self != nullptr && self->m_running)
            self->m_messenger.on_carried_receipt(what.key, what.ids, way);
    });
}

void overlay_bridge::on_link(overlay::link_identity const& who, bool is_up) {
    m_log.write(log_level::debug, std::string(is_up ? "linked with " : "no link any more with ")
                                      + to_hex(who.wallet));
    tell_links();
    if (!is_up)
        return;
    m_overlay.post([alive = m_alive, who] {
        if (auto* const self = *alive; self != nullptr && self->m_running)
            self->m_messenger.on_friend_wallet(who.key, who.wallet);
    });
}

void overlay_bridge::tell_links() {
    if (!m_overlay.tells_links())
        return;
    m_overlay.post([alive = m_alive] {
        auto* const self = *alive;
        if (self == nullptr || !self->m_running)
            return;
        std::vector<wallet_address> all;
        for (auto const& near : self->m_overlay.forwarding().neighbours())
            all.push_back(near.who);
        self->m_messenger.on_own_links(std::move(all));
    });
}

error_code overlay_bridge::join(std::string const& name) {
    if (!is_topic_name(name))
        return errc::invalid_argument;
    if (m_topics.contains(name))
        return {};
    if (m_topics.size() >= max_topics)
        return errc::too_large;
    auto const topic = overlay::topic_hash(name);
    m_topics.emplace(name, topic);
    if (auto const ec = save()) {
        m_topics.erase(name);
        return ec;
    }
    m_overlay.join_topic(topic);
    return {};
}

error_code overlay_bridge::leave(std::string const& name) {
    auto const found = m_topics.find(name);
    if (found == m_topics.end())
        return errc::not_found;
    auto const topic = found->second;
    m_topics.erase(found);
    bool const is_used = std::any_of(m_topics.begin(), m_topics.end(),
                                     [&](auto const& one) { return one.second == topic; });
    if (!is_used) {
        m_overlay.leave_topic(topic);
        m_posts.erase(topic);
    }
    return save();
}

result<wire::topic_post> overlay_bridge::say(std::string const& name, std::string text) {
    auto const found = m_topics.find(name);
    if (found == m_topics.end())
        return errc::not_found;
    return m_overlay.say(found->second, m_messenger.own_name(), std::move(text));
}

std::deque<wire::topic_post> overlay_bridge::posts(info_hash const& topic) const {
    auto const found = m_posts.find(topic);
    return found == m_posts.end() ? std::deque<wire::topic_post>{} : found->second;
}

void overlay_bridge::keep_post(wire::topic_post const& post) {
    auto const author = m_messenger.friend_of(post.from);
    if (author && author->state == messenger::friend_state::blocked)
        return;
    auto& all = m_posts[post.topic];
    all.push_back(post);
    if (all.size() > kept_posts)
        all.pop_front();
    for (auto const& [name, topic] : m_topics)
        if (topic == post.topic && m_told)
            m_told(name, post);
}

error_code overlay_bridge::save() const {
    std::string text;
    for (auto const& [name, topic] : m_topics)
        text += name + "\n";
    return identity::write_private_file(m_file, as_bytes(text), identity::write_mode::replace);
}

void overlay_bridge::load() {
    auto const stored = identity::read_private_file(m_file, max_file_bytes);
    if (!stored)
        return;
    std::istringstream lines{std::string(as_text(stored.value().view()))};
    for (std::string name; std::getline(lines, name);)
        if (is_topic_name(name) && m_topics.size() < max_topics)
            m_topics.emplace(name, overlay::topic_hash(name));
}

} // namespace tau::node
