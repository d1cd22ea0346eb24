// A topic of many members: real sessions of one process on loopback, which find each other
// through a DHT of their own, everything 25 ms late in each direction. How long it takes
// from joining until a first post was heard by all; how long and in how many copies a
// post reaches all; how many links there are.
// usage: topic_bench [--members N] [--posts N] [--utp 1] [--chorus 1]
#include "arguments.hpp"
#include "samples.hpp"
#include "support/delay_path.hpp"
#include "support/topic_crowd.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace tau::bench {
namespace {

using namespace std::chrono_literals;

constexpr double one_way_ms = 25;

class measurement {
public:
    measurement(std::size_t members, bool over_utp)
        : m_name(over_utp ? "topic_utp" : "topic_tcp"),
          m_crowd(members, over_utp ? test::topic_crowd::transport::utp
                                    : test::topic_crowd::transport::tcp) {
        test::set_path({one_way_ms, 0, true});
    }

    /// All but the last join at once; the first post is said at the same time.
    void join() {
        auto const all = m_crowd.size() - 1;
        auto const begun = steady::now();
        for (std::size_t i = 0; i < all; ++i)
            m_crowd.join(m_crowd.member(i));
        m_crowd.say(m_crowd.member(0), "first");
        wait_for("first", all);
        report(m_name, "tau", "all_join_ms", ms_since(begun));
        m_crowd.loop().run_for(10s);
        auto const later = steady::now();
        m_crowd.join(m_crowd.member(all));
        m_crowd.say(m_crowd.member(all), "newcomer");
        wait_for("newcomer", m_crowd.size());
        report(m_name, "tau", "newcomer_heard_ms", ms_since(later));
        m_crowd.say(m_crowd.member(1), "to the newcomer");
        wait_for("to the newcomer", m_crowd.size());
        report(m_name, "tau", "newcomer_hears_ms", ms_since(later));
        m_crowd.loop().run_for(5s);
    }

    void say_many(std::size_t posts) {
        samples all;
        std::uint64_t most = 0;
        double sum = 0;
        for (std::size_t i = 0; i < posts; ++i) {
            auto const text = "post " + std::to_string(i);
            auto const before = m_crowd.received();
            auto const begun = steady::now();
            m_crowd.say(m_crowd.member((i * 37) % m_crowd.size()), text);
            wait_for(text, m_crowd.size());
            all.add(ms_since(begun));
            m_crowd.loop().run_for(1s);
            auto const after = m_crowd.received();
            for (std::size_t k = 0; k < after.size(); ++k) {
                most = std::max(most, after[k] - before[k]);
                sum += static_cast<double>(after[k] - before[k]);
            }
        }
        all.report_as(m_name + "_post", "tau");
        report(m_name, "tau", "most_copies", static_cast<double>(most));
        report(m_name, "tau", "mean_copies", sum / static_cast<double>(posts * m_crowd.size()));
        report_links();
    }

    /// Everybody speaks at once.
    void chorus() {
        auto const before = m_crowd.member(0).heard();
        auto const begun = steady::now();
        for (std::size_t i = 0; i < m_crowd.size(); ++i)
            m_crowd.say(m_crowd.member(i), "I am " + std::to_string(i));
        auto const done = [&] {
            for (std::size_t i = 0; i < m_crowd.size(); ++i)
                if (m_crowd.member(i).heard() < before + m_crowd.size())
                    return false;
            return true;
        };
        if (!m_crowd.loop().run_until(done, 60s))
            throw std::runtime_error("not all heard all");
        report(m_name, "tau", "chorus_ms", ms_since(begun));
    }

private:
    void report_links() {
        auto const [fewest, most] = m_crowd.links(m_crowd.size());
        report(m_name, "tau", "fewest_links", static_cast<double>(fewest));
        report(m_name, "tau", "most_links", static_cast<double>(most));
        report(m_name, "tau", "islands", m_crowd.is_connected(m_crowd.size()) ? 0 : 1);
    }

    void wait_for(std::string const& text, std::size_t count) {
        if (!m_crowd.loop().run_until([&] { return m_crowd.heard_by(text, count) == count; }, 30s))
            throw std::runtime_error("'" + text + "' reached "
                                     + std::to_string(m_crowd.heard_by(text, count)) + " of "
                                     + std::to_string(count));
    }

    std::string m_name;
    test::topic_crowd m_crowd;
};

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    tau::bench::arguments const given(count, words);
    tau::bench::measurement topic(given.number("--members", 200), given.number("--utp", 0) != 0);
    topic.join();
    topic.say_many(given.number("--posts", 20));
    if (given.number("--chorus", 1) != 0)
        topic.chorus();
    return 0;
}
