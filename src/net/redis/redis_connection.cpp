#include "net/redis/redis_connection.hpp"

#include <hiredis/hiredis.h>

#include <cstdlib>

namespace tau::net {
namespace {

redisContext* connect(redis_address const& where) {
    return where.is_unix() ? redisConnectUnixNonBlock(where.host.c_str())
                           : redisConnectNonBlock(where.host.c_str(), where.port);
}

} // namespace

void redis_connection::closer::operator()(redisContext* context) const {
    redisFree(context);
}

redis_connection::redis_connection(redis_address const& where) : m_context(connect(where)) {
    if (!m_context)
        lose("out of memory");
    else if (m_context->err != 0)
        lose_by_error();
}

redis_connection::~redis_connection() = default;

void redis_connection::lose(std::string why) {
    if (std::exchange(m_lost, true))
        return;
    m_why = std::move(why);
}

void redis_connection::lose_by_error() {
    lose(m_context->errstr);
}

int redis_connection::fd() const {
    return m_context->fd;
}

bool redis_connection::wants_to_write() const {
    return m_wants_to_write;
}

void redis_connection::send(redis_command const& command, redis_handler handler, time_point now) {
    m_waiting.push_back({std::move(handler), now + reply_timeout});
    if (m_lost)
        return;
    std::vector<char const*> words;
    std::vector<std::size_t> sizes;
    for (auto const& word : command) {
        words.push_back(word.data());
        sizes.push_back(word.size());
    }
    if (redisAppendCommandArgv(m_context.get(), static_cast<int>(words.size()), words.data(),
                               sizes.data())
        != REDIS_OK)
        return lose_by_error();
    m_wants_to_write = true;
}

void redis_connection::on_writable() {
    if (m_lost)
        return;
    int done = 0;
    if (redisBufferWrite(m_context.get(), &done) != REDIS_OK)
        return lose_by_error();
    m_wants_to_write = done == 0;
}

void redis_connection::on_readable(time_point now) {
    if (m_lost)
        return;
    if (redisBufferRead(m_context.get()) != REDIS_OK)
        return lose_by_error();
    while (!m_lost) {
        void* raw = nullptr;
        if (redisGetReplyFromReader(m_context.get(), &raw) != REDIS_OK)
            return lose_by_error();
        if (raw == nullptr)
            break;
        std::unique_ptr<redisReply, void (*)(void*)> const reply(static_cast<redisReply*>(raw),
                                                                 freeReplyObject);
        if (m_waiting.empty())
            return lose("a reply to nothing");
        auto const handler = std::move(m_waiting.front().handler);
        m_waiting.pop_front();
        handler(reply.get());
    }
    // Replies come in order: while they come, those behind them are on their way.
    if (!m_waiting.empty())
        m_waiting.front().deadline = std::max(m_waiting.front().deadline, now + reply_timeout);
}

void redis_connection::on_time(time_point now) {
    if (!m_waiting.empty() && now >= m_waiting.front().deadline)
        lose("no reply in time");
}

std::deque<redis_handler> redis_connection::take_unanswered() {
    std::deque<redis_handler> out;
    for (auto& w : m_waiting)
        out.push_back(std::move(w.handler));
    m_waiting.clear();
    return out;
}

} // namespace tau::net
