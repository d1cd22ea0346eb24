#include "overlay/engine.hpp"

#include <algorithm>

namespace tau::overlay {

engine::engine(identity::keyring const& keys, random_source& random, connection_port& port,
               unix_ms now, logger log)
    : m_self{keys, identity::encode(identity::make_binding(keys, now))}, m_random(random),
      m_port(port), m_log(std::move(log)) {}

engine::~engine() = default;

void engine::on_connected(connection_id id, info_hash const& swarm, link_side side,
                          endpoint const& remote, moment now) {
    if (m_connections.size() >= max_connections) {
        close(id);
        return;
    }
    auto made = std::make_unique<connection>(
        connection{swarm, side, remote, now.mono, handshake(m_self, side, swarm, m_random)});
    auto packet = wire::encode(wire::link_packet(made->hello.own_hello()));
    m_connections.emplace(id, std::move(made));
    m_deadlines.emplace(now.mono + handshake_timeout, id);
    if (packet)
        m_port.send(id, std::move(packet).value());
}

void engine::on_packet(connection_id id, byte_view packet, moment now) {
    auto const found = m_connections.find(id);
    if (found == m_connections.end())
        return;
    auto& c = *found->second;
    auto const read = wire::decode_link_packet(packet);
    if (!read)
        return refuse_connection(id, c.cipher ? m_counts.refused_records : m_counts.refused_hellos,
                                 now);
    if (auto const* hello = std::get_if<wire::hello>(&read.value()))
        on_hello(id, c, *hello, now);
    else if (auto const* proof = std::get_if<wire::hello_proof>(&read.value()))
        on_proof(id, c, *proof, now);
    else
        on_record(id, c, std::get<wire::link_record>(read.value()), now);
}

void engine::on_hello(connection_id id, connection& c, wire::hello const& hello, moment now) {
    if (m_refused && m_refused(hello.key))
        return refuse_connection(id, m_counts.refused_hellos, now);
    auto const proof = c.hello.on_hello(hello, m_book, now.wall);
    if (!proof)
        return refuse_connection(
            id, proof.error() == errc::already_exists ? m_counts.selves : m_counts.refused_hellos,
            now);
    m_port.send(id, wire::encode(wire::link_packet(proof.value())).value());
}

void engine::on_proof(connection_id id, connection& c, wire::hello_proof const& proof, moment now) {
    if (c.hello.on_proof(proof))
        return refuse_connection(id, m_counts.refused_hellos, now);
    auto cipher = c.hello.cipher();
    if (!cipher)
        return refuse_connection(id, m_counts.refused_hellos, now);
    c.cipher.emplace(std::move(cipher).value());
    m_deadlines.erase({c.opened + handshake_timeout, id});
    c.heard = c.spoke = now.mono;
    if (!m_next_look)
        m_next_look = now.mono + idle_pause;
    establish(id, c, now);
}

bool engine::settle_duplicate(connection_id id, connection const& c, link& with, moment now) {
    // Both sides come to the same end: the connection that the lower key began stays; of
    // two that one side began, the later, as the earlier may be half dead.
    bool const we_are_lower = m_self.keys.key() < with.who.key;
    auto const by_lower = [we_are_lower](connection const& one) {
        return (one.side == link_side::began) == we_are_lower;
    };
    for (auto const other : std::vector(with.carriers)) {
        auto const& known = *m_connections.at(other);
        if (known.swarm != c.swarm)
            continue;
        ++m_counts.duplicates;
        if (by_lower(known) && !by_lower(c))
            return true;
        with.carriers.push_back(id); // before the other goes, so that the link stays up
        close(other);
        remove(other, now);
        return false;
    }
    with.carriers.push_back(id);
    if (m_observer.on_member)
        m_observer.on_member(with.who, c.swarm, true, now);
    return false;
}

void engine::establish(connection_id id, connection& c, moment now) {
    auto const who = c.hello.remote();
    auto const known = m_links.find(who.wallet);
    if (known != m_links.end() && known->second.who.key == who.key) {
        if (settle_duplicate(id, c, known->second, now)) {
            m_connections.erase(id);
            close(id);
        }
        return;
    }
    if (known != m_links.end())
        drop(who.wallet, now); // the wallet is bound to a newer key
    link made;
    made.who = who;
    made.carriers = {id};
    made.since = now.mono;
    m_links.emplace(who.wallet, std::move(made));
    if (m_observer.on_up)
        m_observer.on_up(who, now);
    if (m_observer.on_member && m_links.contains(who.wallet))
        m_observer.on_member(who, c.swarm, true, now);
}

void engine::on_record(connection_id id, connection& c, wire::link_record const& record,
                       moment now) {
    if (!c.cipher)
        return refuse_connection(id, m_counts.refused_hellos, now);
    auto const plain = c.cipher->open(record.sealed);
    auto const messages = plain ? wire::split_record(plain.value())
                                : result<std::vector<wire::link_message>>(plain.error());
    if (!messages)
        return refuse_connection(id, m_counts.refused_records, now);
    c.heard = now.mono;
    auto const who = c.hello.remote();
    if (auto const found = m_links.find(who.wallet); found != m_links.end())
        found->second.received += record.sealed.size();
    if (!m_observer.on_message)
        return;
    for (auto const& one : messages.value())
        m_observer.on_message(who, one, now);
}

void engine::refuse_connection(connection_id id, std::uint64_t& counter, moment now) {
    ++counter;
    close(id);
    remove(id, now);
}

void engine::on_closed(connection_id id, moment now) {
    remove(id, now);
}

void engine::remove(connection_id id, moment now) {
    auto const found = m_connections.find(id);
    if (found == m_connections.end())
        return;
    auto const gone = std::move(found->second);
    m_connections.erase(found);
    m_deadlines.erase({gone->opened + handshake_timeout, id});
    if (!gone->cipher)
        return;
    auto const at = m_links.find(gone->hello.remote().wallet);
    if (at == m_links.end())
        return;
    auto& carriers = at->second.carriers;
    auto const place = std::find(carriers.begin(), carriers.end(), id);
    if (place == carriers.end())
        return;
    bool const was_first = place == carriers.begin();
    carriers.erase(place);
    auto const who = at->second.who;
    bool const has_left = !is_in(at->second, gone->swarm);
    bool const has_ended = carriers.empty();
    if (has_ended)
        m_links.erase(at);
    // What was on its way over the connection may be lost, so whoever counts on it must
    // begin again, also if another connection takes over.
    if (was_first && m_observer.on_down)
        m_observer.on_down(who, now);
    if (was_first && !has_ended && m_links.contains(who.wallet) && m_observer.on_up)
        m_observer.on_up(who, now);
    if (has_left && m_observer.on_member)
        m_observer.on_member(who, gone->swarm, false, now);
}

bool engine::is_in(link const& l, info_hash const& swarm) const {
    return std::any_of(l.carriers.begin(), l.carriers.end(),
                       [&](auto id) { return m_connections.at(id)->swarm == swarm; });
}

void engine::part(wallet_address const& who, info_hash const& swarm, moment now) {
    auto const found = m_links.find(who);
    if (found == m_links.end())
        return;
    flush_link(found->second);
    for (auto const id : std::vector(found->second.carriers))
        if (m_connections.at(id)->swarm == swarm) {
            m_port.close(id, closing::unwanted);
            return remove(id, now);
        }
}

void engine::drop(wallet_address const& who, moment now) {
    auto const found = m_links.find(who);
    if (found == m_links.end())
        return;
    for (auto const id : std::vector(found->second.carriers)) {
        close(id);
        remove(id, now);
    }
}

std::optional<time_point> engine::wake_at() const {
    if (m_deadlines.empty())
        return m_next_look;
    auto const first = m_deadlines.begin()->first;
    return m_next_look ? std::min(first, *m_next_look) : first;
}

// A connection whose other end vanished without a word ends here, and one that is only
// quiet says that it is not.
void engine::look_at_idle(moment now) {
    m_next_look.reset();
    std::vector<connection_id> over;
    for (auto const& [id, c] : m_connections) {
        if (!c->cipher)
            continue;
        if (now.mono - c->heard >= silence_limit) {
            over.push_back(id);
            continue;
        }
        if (now.mono - c->spoke >= idle_pause) {
            c->spoke = now.mono;
            send_record(id, *c, {});
        }
        m_next_look = now.mono + idle_pause / 3;
    }
    for (auto const id : over)
        refuse_connection(id, m_counts.silent, now);
}

void engine::on_time(moment now) {
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= now.mono)
        refuse_connection(m_deadlines.begin()->second, m_counts.silent, now);
    if (m_next_look && *m_next_look <= now.mono)
        look_at_idle(now);
}

bool engine::send(wallet_address const& to, wire::link_kind kind, byte_view body) {
    auto const found = m_links.find(to);
    if (found == m_links.end() || body.size() > wire::max_link_message_bytes)
        return false;
    auto& l = found->second;
    if (l.gathered.empty()) {
        m_unflushed.push_back(to);
        if (m_unflushed.size() == 1 && m_gathered)
            m_gathered();
    }
    wire::append_link_message(l.gathered, kind, body);
    if (l.gathered.size() >= full_record)
        flush_link(l);
    return true;
}

void engine::flush_link(link& l) {
    if (l.gathered.empty())
        return;
    auto const id = l.carriers.front();
    l.sent += l.gathered.size() + wire::record_tag_bytes;
    send_record(id, *m_connections.at(id), l.gathered);
    l.gathered.clear();
}

void engine::send_record(connection_id id, connection& c, byte_view plain) {
    wire::link_record record{c.cipher->seal(plain)};
    if (auto packet = wire::encode(wire::link_packet(std::move(record))))
        m_port.send(id, std::move(packet).value());
}

void engine::flush() {
    auto const waiting = std::exchange(m_unflushed, {});
    for (auto const& who : waiting)
        if (auto const found = m_links.find(who); found != m_links.end())
            flush_link(found->second);
}

std::optional<link_identity> engine::link_of(wallet_address const& who) const {
    auto const found = m_links.find(who);
    return found == m_links.end() ? std::nullopt : std::optional(found->second.who);
}

std::optional<endpoint> engine::seen_at(wallet_address const& who) const {
    auto const found = m_links.find(who);
    if (found == m_links.end())
        return std::nullopt;
    return m_connections.at(found->second.carriers.front())->remote;
}

std::optional<wallet_address> engine::wallet_linked_to(public_key const& key) const {
    for (auto const& [wallet, l] : m_links)
        if (l.who.key == key)
            return wallet;
    return std::nullopt;
}

std::vector<link_view> engine::links() const {
    std::vector<link_view> out;
    for (auto const& [wallet, l] : m_links) {
        link_view view;
        view.who = l.who;
        auto const& first = *m_connections.at(l.carriers.front());
        view.where = first.remote;
        view.began = first.side == link_side::began;
        view.since = l.since;
        view.sent_bytes = l.sent;
        view.received_bytes = l.received;
        for (auto const id : l.carriers)
            view.swarms.push_back(m_connections.at(id)->swarm);
        out.push_back(std::move(view));
    }
    return out;
}

std::vector<wallet_address> engine::members_of(info_hash const& swarm) const {
    std::vector<wallet_address> out;
    for (auto const& [wallet, l] : m_links)
        if (is_in(l, swarm))
            out.push_back(wallet);
    return out;
}

overlay_counts engine::counts() const {
    auto out = m_counts;
    out.connections = m_connections.size();
    out.links = m_links.size();
    return out;
}

} // namespace tau::overlay
