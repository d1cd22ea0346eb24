#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

#include <cstddef>
#include <type_traits>

namespace tau {

/// Threads for disk, database, DNS and long computations, so that the tau thread
/// never waits. Results come back by a post to the tau thread's io_context.
///
/// Threading: run() from any thread. Destruction waits for work under way and
/// drops what has not begun; `home` must outlive the pool.
class worker_pool {
public:
    worker_pool(boost::asio::io_context& home, std::size_t threads);
    ~worker_pool();
    worker_pool(worker_pool const&) = delete;
    worker_pool& operator=(worker_pool const&) = delete;

    /// Calls work() on a worker, then done(its value) on the tau thread.
    /// `work` must not throw and must not touch what the tau thread owns.
    template <class Work, class Done>
    void run(Work work, Done done) {
        boost::asio::post(m_pool, [this, work = std::move(work), done = std::move(done)]() mutable {
            boost::asio::post(m_home, [value = work(), done = std::move(done)]() mutable {
                done(std::move(value));
            });
        });
    }

    /// Waits until everything given so far has run; later run() calls are dropped.
    void drain();

private:
    boost::asio::io_context& m_home;
    boost::asio::thread_pool m_pool;
};

} // namespace tau
