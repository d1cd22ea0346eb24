#pragma once

#include "dht/access.hpp"
#include "dht/config.hpp"
#include "dht/endpoint_book.hpp"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace tau::dht {

/// Decides which way one get goes and when it ends; it knows nothing of values.
///
/// First one datagram to each known endpoint, sent again while the second lasts. If
/// nothing valid has come direct_timeout after the first datagram went out, or every
/// endpoint said no, recursion begins. A second traversal begins when the first brings
/// nothing soon, since one lost packet can stall it. After the first value only a short
/// time is left for a higher seq, so nobody waits for stragglers.
///
/// Source:    docs/wire/krpc.md, "How a get goes".
/// Threading: tau thread. A pure state machine: call take() after every other call.
/// Errors:    in `end`, after which every call is ignored.
class get_policy {
public:
    /// Send the query to this node; report on_sent() once it has really gone out.
    struct ask {
        endpoint to;
        bool again = false; ///< a resend
    };
    struct traverse {};
    struct end {
        error_code why; ///< success if a value came
    };
    using step = std::variant<ask, traverse, end>;

    get_policy(config const& settings, get_mode mode) : m_settings(settings), m_mode(mode) {}

    void begin(std::vector<candidate> const& who, time_point now);
    /// One more endpoint, learnt while the get is under way.
    void add(candidate const& who);
    void on_sent(endpoint const& to, time_point now);
    /// A verified value that is news. `last_word` says that it came from the author
    /// itself, or that no newer one can exist.
    enum class weight { may_be_old, last_word };
    void on_direct_value(endpoint const& from, weight w, time_point now);
    /// An error, no value, or something that does not verify.
    void on_negative(endpoint const& from, time_point now);
    /// The answer to another query of ours came in place of this one's: libtorrent tells
    /// replies of one address apart by 15 random bits. Asks again at once while resends
    /// are left; then it is on_negative().
    void on_crossed(endpoint const& from, time_point now);
    /// The author itself says that there is nothing newer than what the caller knows.
    void on_nothing_newer();
    void on_recursive_value(weight w, time_point now);
    /// One traversal has ended.
    void on_traversal_done();
    void on_time(time_point now);
    void cancel();

    [[nodiscard]] std::optional<time_point> wake_at() const;
    [[nodiscard]] std::vector<step> take() { return std::exchange(m_steps, {}); }
    [[nodiscard]] bool ended() const { return m_ended; }
    [[nodiscard]] bool recursing() const { return m_recursion_began.has_value(); }
    /// A query has gone to this node, and no answer was taken from it.
    [[nodiscard]] bool awaits(endpoint const& from) const;
    [[nodiscard]] get_mode mode() const { return m_mode; }
    /// Endpoints that were asked and said nothing at all so far.
    [[nodiscard]] std::vector<endpoint> silent() const;

private:
    struct line {
        candidate who;
        std::optional<time_point> last_sent{};
        int sends = 0;        // asked for
        bool in_pacer = true; // asked for, but not known to be sent
        bool closed = false;
    };

    line* find(endpoint const& where);
    [[nodiscard]] bool all_closed() const;
    [[nodiscard]] std::optional<time_point> resend_at(line const& l) const;
    [[nodiscard]] std::optional<time_point> direct_deadline() const;
    void give_up_direct(time_point now);
    void traverse_once(time_point now);
    void settle(weight w, time_point now);
    void finish(error_code why);

    config const& m_settings;
    get_mode m_mode;
    std::vector<line> m_lines;
    std::vector<step> m_steps;
    time_point m_begun{};
    std::optional<time_point> m_first_sent;
    std::optional<time_point> m_recursion_began;
    std::optional<time_point> m_retry_at;
    std::optional<time_point> m_settle_at;
    int m_traversals = 0;
    int m_outstanding = 0;
    bool m_has_value = false;
    bool m_ended = false;
};

} // namespace tau::dht
