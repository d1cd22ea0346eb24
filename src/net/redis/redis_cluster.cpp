#include "net/redis/redis_cluster.hpp"

#include <hiredis/hiredis.h>
#include <poll.h>

#include <algorithm>

namespace tau::net {

struct redis_cluster::command_state {
    redis_command words;
    redis_handler handler;
    unsigned redirects = 0;
};

std::string_view redis_error(redisReply const& reply) {
    return reply.type == REDIS_REPLY_ERROR ? std::string_view(reply.str, reply.len)
                                           : std::string_view{};
}

std::string_view redis_text(redisReply const& reply) {
    bool const is_text = reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS;
    return is_text ? std::string_view(reply.str, reply.len) : std::string_view{};
}

namespace {

std::span<redisReply* const> elements(redisReply const& reply) {
    return reply.type == REDIS_REPLY_ARRAY
               ? std::span<redisReply* const>(reply.element, reply.elements)
               : std::span<redisReply* const>{};
}

// [address, port, id, ...] as CLUSTER SLOTS names a server. A server that does not
// know its own address is where we asked.
std::optional<redis_address> server_of(redisReply const& reply, redis_address const& asked) {
    auto const parts = elements(reply);
    if (parts.size() < 2 || parts[1]->type != REDIS_REPLY_INTEGER || parts[1]->integer <= 0
        || parts[1]->integer > 65'535)
        return std::nullopt;
    redis_address out;
    out.host = redis_text(*parts[0]);
    if (out.host.empty() || out.host == "?")
        out.host = asked.host;
    out.port = static_cast<std::uint16_t>(parts[1]->integer);
    return out;
}

bool is_trouble(std::string_view error) {
    for (auto const* begin : {"READONLY", "CLUSTERDOWN", "MASTERDOWN", "LOADING"})
        if (error.starts_with(begin))
            return true;
    return false;
}

} // namespace

redis_cluster::redis_cluster(redis_settings settings, logger log)
    : m_settings(std::move(settings)), m_log(std::move(log)) {
    for (auto const& seed : m_settings.url.seeds)
        m_nodes[seed];
}

redis_cluster::~redis_cluster() = default;

void redis_cluster::connect(redis_address const& where, node& n) {
    n.not_before = m_now + n.pause;
    n.pause = std::min(n.pause * 2, longest_pause);
    n.connection = std::make_unique<redis_connection>(where);
    auto const ignore = [](redisReply const*) {};
    if (!m_settings.password.empty()) {
        redis_command login{"AUTH"};
        if (!m_settings.user.empty())
            login.push_back(m_settings.user);
        login.push_back(m_settings.password);
        n.connection->send(login, ignore, m_now);
    }
    if (m_settings.url.database != 0)
        n.connection->send({"SELECT", std::to_string(m_settings.url.database)}, ignore, m_now);
    n.connection->send(
        {"PING"}, [this, where](redisReply const* reply) { on_greeted(where, reply); }, m_now);
}

void redis_cluster::on_greeted(redis_address const& where, redisReply const* reply) {
    auto& n = m_nodes[where];
    if (reply == nullptr || !n.connection)
        return;
    if (auto const error = redis_error(*reply); !error.empty()) {
        n.connection->lose(std::string(error));
        return;
    }
    n.number = ++m_last_number;
    n.pause = first_pause;
    ++m_counted.connects;
    m_must_ask = true;
    m_log.write(log_level::debug, "connected to " + to_string(where));
}

void redis_cluster::close_lost() {
    std::vector<redis_handler> unanswered;
    for (auto& [where, n] : m_nodes) {
        if (!n.connection || !n.connection->is_lost())
            continue;
        m_trouble = to_string(where) + ": " + n.connection->why();
        if (n.number != 0) {
            ++m_counted.losses;
            m_log.write(log_level::info, "lost " + m_trouble);
        }
        for (auto& handler : n.connection->take_unanswered())
            unanswered.push_back(std::move(handler));
        n.connection.reset();
        n.number = 0;
        n.not_before = m_now + n.pause;
        m_must_ask = true;
    }
    for (auto const& handler : unanswered)
        handler(nullptr);
}

// Whether every slot is at a server that we are connected to.
bool redis_cluster::is_whole() const {
    auto const& masters = m_slots.masters();
    return !masters.empty() && std::all_of(masters.begin(), masters.end(), [&](auto const& where) {
        auto const n = m_nodes.find(where);
        return n != m_nodes.end() && n->second.number != 0;
    });
}

// One server is asked at a time, each in its turn: one that was cut off from the
// others does not know of a promotion.
void redis_cluster::ask_who_holds_what() {
    if (m_nodes.empty())
        return;
    auto n = m_nodes.upper_bound(m_last_asked);
    for (std::size_t i = 0; i < m_nodes.size(); ++i, ++n) {
        if (n == m_nodes.end())
            n = m_nodes.begin();
        if (n->second.number != 0)
            break;
    }
    if (n == m_nodes.end() || n->second.number == 0)
        return;
    m_must_ask = false;
    m_asked_at = m_now;
    auto const where = m_last_asked = n->first;
    n->second.connection->send(
        {"CLUSTER", "SLOTS"}, [this, where](redisReply const* reply) { on_slots(where, reply); },
        m_now);
}

void redis_cluster::on_slots(redis_address const& from, redisReply const* reply) {
    if (reply == nullptr)
        return;
    if (redis_error(*reply).find("cluster support disabled") != std::string_view::npos) {
        if (auto& n = m_nodes[from]; n.connection)
            n.connection->send(
                {"ROLE"}, [this, from](redisReply const* role) { on_role(from, role); }, m_now);
        return;
    }
    std::vector<redis_slots::range> ranges;
    std::vector<redis_address> known = m_settings.url.seeds;
    for (auto const* row : elements(*reply)) {
        auto const parts = elements(*row);
        if (parts.size() < 3)
            continue;
        for (auto const* server : parts.subspan(2))
            if (auto const where = server_of(*server, from))
                known.push_back(*where);
        if (auto const master = server_of(*parts[2], from))
            ranges.push_back({static_cast<std::uint16_t>(parts[0]->integer),
                              static_cast<std::uint16_t>(parts[1]->integer), *master});
    }
    if (ranges.empty())
        return;
    m_slots.set(ranges);
    for (auto& [where, n] : m_nodes)
        n.is_known = std::find(known.begin(), known.end(), where) != known.end();
    for (auto const& where : known)
        if (m_nodes.size() < max_nodes)
            m_nodes[where];
}

// Without a cluster: the first seed that is a master serves everything.
void redis_cluster::on_role(redis_address const& from, redisReply const* reply) {
    if (reply == nullptr)
        return;
    auto const parts = elements(*reply);
    if (parts.empty() || redis_text(*parts[0]) != "master")
        return;
    m_slots.set_all(from);
}

void redis_cluster::forget_unknown() {
    std::erase_if(m_nodes, [](auto const& entry) {
        return !entry.second.is_known && !entry.second.connection;
    });
}

void redis_cluster::on_time(time_point now) {
    m_now = now;
    for (auto& [where, n] : m_nodes) {
        if (n.connection)
            n.connection->on_time(now);
        else if (n.is_known && now >= n.not_before)
            connect(where, n);
    }
    close_lost();
    forget_unknown();
    duration const pause = m_must_ask || !is_whole() ? duration(ask_pause) : calm_ask_pause;
    if (now >= m_asked_at + pause)
        ask_who_holds_what();
}

void redis_cluster::wait(std::chrono::milliseconds most, int wake_fd, clock_source const& clock) {
    std::vector<pollfd> polled{{wake_fd, POLLIN, 0}};
    std::vector<redis_connection*> connections;
    for (auto& [where, n] : m_nodes) {
        if (!n.connection || n.connection->is_lost())
            continue;
        short const events = n.connection->wants_to_write() ? POLLIN | POLLOUT : POLLIN;
        polled.push_back({n.connection->fd(), events, 0});
        connections.push_back(n.connection.get());
    }
    int const ready = ::poll(polled.data(), polled.size(), static_cast<int>(most.count()));
    m_now = clock.now().mono;
    for (std::size_t i = 0; ready > 0 && i < connections.size(); ++i) {
        auto const events = polled[i + 1].revents;
        if ((events & POLLOUT) != 0)
            connections[i]->on_writable();
        if ((events & (POLLIN | POLLHUP | POLLERR)) != 0)
            connections[i]->on_readable(m_now);
    }
    close_lost();
}

std::uint64_t redis_cluster::connection_of(std::uint16_t slot) const {
    auto const* where = m_slots.find(slot);
    if (where == nullptr)
        return 0;
    auto const n = m_nodes.find(*where);
    return n == m_nodes.end() ? 0 : n->second.number;
}

void redis_cluster::send(std::uint16_t slot, redis_command command, redis_handler handler) {
    auto const* where = m_slots.find(slot);
    if (where == nullptr || connection_of(slot) == 0) {
        handler(nullptr);
        return;
    }
    auto const state = std::make_shared<command_state>();
    state->words = std::move(command);
    state->handler = std::move(handler);
    submit(*where, state, false);
}

void redis_cluster::submit(redis_address const& where,
                           std::shared_ptr<command_state> const& command, bool is_ask) {
    auto& n = m_nodes[where];
    if (!n.connection && m_now >= n.not_before)
        connect(where, n);
    if (!n.connection) {
        command->handler(nullptr);
        return;
    }
    if (is_ask)
        n.connection->send(
            {"ASKING"}, [](redisReply const*) {}, m_now);
    n.connection->send(
        command->words,
        [this, command, where](redisReply const* reply) { on_reply(command, where, reply); },
        m_now);
}

void redis_cluster::on_reply(std::shared_ptr<command_state> const& command,
                             redis_address const& from, redisReply const* reply) {
    auto const error = reply == nullptr ? std::string_view{} : redis_error(*reply);
    auto redirect = error.empty() ? std::nullopt : read_redirect(error);
    if (!redirect || command->redirects >= max_redirects) {
        if (is_trouble(error) || redirect) {
            m_must_ask = true;
            m_trouble = to_string(from) + ": " + std::string(error);
        }
        command->handler(reply);
        return;
    }
    ++command->redirects;
    ++m_counted.redirects;
    if (redirect->where.host.empty())
        redirect->where.host = from.host;
    if (!redirect->is_ask) {
        m_slots.move(redirect->slot, redirect->where);
        m_must_ask = true;
    }
    submit(redirect->where, command, redirect->is_ask);
}

} // namespace tau::net
