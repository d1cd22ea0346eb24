#include "overlay/topics.hpp"

#include "core/hex.hpp"

#include <libtorrent/hasher.hpp>

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

topics::topics(identity::keyring const& keys, engine& links)
    : m_keys(keys), m_links(links), m_authors(posts_per_author, author_burst, limiter_keys),
      m_neighbours(posts_per_neighbour, neighbour_burst, limiter_keys) {}

result<wire::topic_post> topics::say(info_hash const& topic, std::string name, std::string text,
                                     moment now) {
    if (!m_joined.contains(topic))
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
    (void)m_seen.add(post.sig);
    ++m_counts.posts;
    pass_on(post, body, std::nullopt);
    if (m_told)
        m_told(post);
    return post;
}

void topics::on_message(link_identity const& from, byte_view body, moment now) {
    auto const post = wire::decode_topic_post(body);
    if (!post || !m_joined.contains(post.value().topic)) {
        ++m_counts.refused;
        return;
    }
    auto const& p = post.value();
    if (m_seen.has(p.sig)) {
        ++m_counts.copies;
        return;
    }
    bool const is_timely = p.time <= now.wall + max_age && p.time >= now.wall - max_age;
    if (!is_timely || !m_neighbours.allow(from.wallet, now.mono)
        || !identity::verify(p.from, wire::signed_octets(p), p.sig)
        || !m_authors.allow(p.from, now.mono)) {
        ++m_counts.refused;
        return;
    }
    (void)m_seen.add(p.sig);
    ++m_counts.posts;
    pass_on(p, body, from.wallet);
    if (m_told)
        m_told(p);
}

void topics::pass_on(wire::topic_post const& post, byte_view body,
                     std::optional<wallet_address> const& except) {
    for (auto const& member : m_links.members_of(post.topic))
        if (member != except)
            m_links.send(member, wire::link_kind::post, body);
}

} // namespace tau::overlay
