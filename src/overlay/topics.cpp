#include "overlay/topics.hpp"

#include "core/hex.hpp"

#include <libtorrent/hasher.hpp>

#include <algorithm>

namespace tau::overlay {
namespace {

constexpr std::size_t limiter_keys = 4096;

} // namespace

info_hash topic_hash(std::string_view name) {
    if (auto const given = fixed_from_hex<info_hash>(name))
        return given.value();
    auto const digest = lt::hasher(name.data(), static_cast<int>(name.size())).final();
    info_hash out;
    std::copy(digest.begin(), digest.end(), out.octets.begin());
    return out;
}

topics::topics(identity::keyring const& keys, random_source& random, topic_port& port,
               member_limits limits)
    : m_keys(keys), m_random(random), m_port(port), m_limits(limits),
      m_authors(posts_per_author, author_burst, limiter_keys),
      m_neighbours(posts_per_neighbour, neighbour_burst, limiter_keys),
      m_notes(notes_per_neighbour, notes_burst, limiter_keys),
      m_pulled(pulled_per_neighbour, pulled_burst, limiter_keys) {}

topics::joined* topics::find(info_hash const& topic) {
    auto const found = m_topics.find(topic);
    return found == m_topics.end() ? nullptr : &found->second;
}

void topics::join(info_hash const& topic, moment now) {
    m_topics.try_emplace(topic, joined{topic_members(topic, m_port, m_random, m_limits, now),
                                       post_spread(topic, m_port)});
    if (m_wake)
        m_wake();
}

void topics::settle(joined& topic, moment now) {
    for (auto const& [who, is_up] : topic.members.take_changes())
        topic.spread.on_member(who, is_up, now);
    if (m_wake)
        m_wake();
}

result<wire::topic_post> topics::say(info_hash const& topic, std::string name, std::string text,
                                     moment now) {
    auto* const place = find(topic);
    if (place == nullptr)
        return errc::not_found;
    wire::topic_post post;
    post.topic = topic;
    post.from = m_keys.key();
    // Two posts of one millisecond must differ, so that neither is taken for a copy.
    m_last_time = std::max(m_last_time + 1, std::int64_t{now.wall.time_since_epoch().count()});
    post.time = unix_ms{std::chrono::milliseconds{m_last_time}};
    post.name = std::move(name);
    post.text = std::move(text);
    post.sig = m_keys.sign(wire::signed_octets(post));
    TAU_TRY(body, wire::encode(post));
    if (!m_authors.allow(post.from, now.mono))
        return errc::rate_limited; // others would drop it
    (void)m_seen.add(wire::id_of(post.sig));
    ++m_counts.posts;
    place->spread.publish(wire::id_of(post.sig), body, std::nullopt, now);
    settle(*place, now);
    if (m_told)
        m_told(post);
    return post;
}

void topics::on_member(info_hash const& topic, wallet_address const& who, bool is_up, moment now) {
    if (auto* const place = find(topic)) {
        place->members.on_member(who, is_up, now);
        settle(*place, now);
    }
}

void topics::on_candidates(info_hash const& topic, std::vector<endpoint> const& found, moment now) {
    if (auto* const place = find(topic)) {
        place->members.on_candidates(found, now);
        settle(*place, now);
    }
}

bool topics::on_message(link_identity const& from, wire::link_message const& what, moment now) {
    switch (static_cast<wire::link_kind>(what.kind)) {
    case wire::link_kind::post:
        take_post(from, what.body, now);
        return true;
    case wire::link_kind::topic_have:
        take_have(from, what.body, now);
        return true;
    case wire::link_kind::topic_pull:
        take_pull(from, what.body, now);
        return true;
    case wire::link_kind::topic_member:
        take_note(
            wire::decode_topic_member(what.body), from,
            [&](joined& place, wire::topic_member const& note) {
                place.members.on_greeting(from.wallet, note.links, now);
            },
            now);
        return true;
    case wire::link_kind::topic_parting:
        take_note(
            wire::decode_topic_parting(what.body), from,
            [&](joined& place, wire::topic_parting const& note) {
                place.members.on_parting(from.wallet, note.members, now);
            },
            now);
        return true;
    default:
        return false;
    }
}

template <class Message, class Take>
void topics::take_note(result<Message> const& note, link_identity const& from, Take take,
                       moment now) {
    auto* const place = note ? find(note.value().topic) : nullptr;
    if (place == nullptr || !m_notes.allow(from.wallet, now.mono)) {
        ++m_counts.refused;
        return;
    }
    take(*place, note.value());
    settle(*place, now);
}

void topics::take_have(link_identity const& from, byte_view body, moment now) {
    take_note(
        wire::decode_topic_have(body), from,
        [&](joined& place, wire::topic_have const& note) {
            std::vector<wire::post_id> unknown;
            std::copy_if(note.ids.begin(), note.ids.end(), std::back_inserter(unknown),
                         [this](auto const& id) { return !m_seen.has(id); });
            place.spread.on_have(from.wallet, unknown, now);
        },
        now);
}

void topics::take_pull(link_identity const& from, byte_view body, moment now) {
    take_note(
        wire::decode_topic_pull(body), from,
        [&](joined& place, wire::topic_pull const& note) {
            // Each post is paid for as if it were the largest one.
            std::size_t room = 0;
            for (std::size_t i = 0; i < note.ids.size(); ++i)
                if (m_pulled.allow(from.wallet, now.mono, wire::max_post_bytes))
                    room += wire::max_post_bytes;
            place.spread.on_pull(from.wallet, note, room, now);
        },
        now);
}

error_code topics::check(wire::topic_post const& post, link_identity const& from, moment now) {
    auto const id = wire::id_of(post.sig);
    if (post.time > now.wall + max_age || post.time < now.wall - max_age) {
        (void)m_seen.add(id); // never asked for again
        return errc::stale;
    }
    // Not remembered: another neighbour may bring the true one, or have a budget left.
    if (!m_neighbours.allow(from.wallet, now.mono))
        return errc::rate_limited;
    if (!identity::verify(post.from, wire::signed_octets(post), post.sig))
        return errc::invalid_signature;
    (void)m_seen.add(id);
    return m_authors.allow(post.from, now.mono) ? error_code() : error_code(errc::rate_limited);
}

void topics::take_post(link_identity const& from, byte_view body, moment now) {
    auto const post = wire::decode_topic_post(body);
    auto* const place = post ? find(post.value().topic) : nullptr;
    if (place == nullptr || !place->members.has(from.wallet)) {
        ++m_counts.refused;
        return;
    }
    auto const id = wire::id_of(post.value().sig);
    if (m_seen.has(id)) {
        ++m_counts.copies;
        place->spread.on_copy(from.wallet);
        return;
    }
    if (check(post.value(), from, now)) {
        ++m_counts.refused;
        if (m_seen.has(id))
            place->spread.forget(id);
        return;
    }
    ++m_counts.posts;
    place->spread.publish(id, body, from.wallet, now);
    settle(*place, now);
    if (m_told)
        m_told(post.value());
}

std::optional<time_point> topics::wake_at() const {
    std::optional<time_point> out;
    for (auto const& [hash, place] : m_topics)
        for (auto const& when : {place.members.wake_at(), place.spread.wake_at()})
            if (when)
                out = out ? std::min(*out, *when) : *when;
    return out;
}

void topics::on_time(moment now) {
    for (auto& [hash, place] : m_topics) {
        place.members.on_time(now);
        place.spread.on_time(now);
        settle(place, now);
    }
}

std::size_t topics::members_of(info_hash const& topic) const {
    auto const found = m_topics.find(topic);
    return found == m_topics.end() ? 0 : found->second.members.size();
}

std::set<wallet_address> topics::pushers_of(info_hash const& topic) const {
    auto const found = m_topics.find(topic);
    return found == m_topics.end() ? std::set<wallet_address>{} : found->second.spread.pushers();
}

} // namespace tau::overlay
