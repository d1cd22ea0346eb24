#include "core/worker_pool.hpp"

namespace tau {

worker_pool::worker_pool(boost::asio::io_context& home, std::size_t threads)
    : m_home(home), m_pool(threads) {}

worker_pool::~worker_pool() {
    m_pool.stop();
    m_pool.join();
}

void worker_pool::drain() {
    m_pool.join();
}

} // namespace tau
