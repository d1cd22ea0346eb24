#pragma once

#include <mutex>
#include <shared_mutex>

namespace tau::net {

/// A shared mutex where readers that come later do not pass a writer that waits.
///
/// The system's own lets readers in as long as there is one, so that a few threads
/// that always read would keep a writer out for good.
/// Threading: any thread. Meets SharedMutex but for try_lock.
class fair_shared_mutex {
public:
    void lock() {
        std::lock_guard const turn(m_turn);
        m_mutex.lock();
    }
    void unlock() { m_mutex.unlock(); }
    void lock_shared() {
        std::lock_guard const turn(m_turn);
        m_mutex.lock_shared();
    }
    void unlock_shared() { m_mutex.unlock_shared(); }

private:
    std::mutex m_turn; // held by who waits, shortly
    std::shared_mutex m_mutex;
};

} // namespace tau::net
