#pragma once

#include "forward/cargo.hpp"

#include <deque>
#include <list>
#include <map>
#include <vector>

namespace tau::forward {

/// What waits to go out over one link, served fairly: deficit round robin over the
/// neighbours that it came from, so that a flood from one costs the others nothing but
/// their turn. Of one source acknowledgements go before messages.
///
/// Threading: one thread. Bounded by what each source may have waiting (engine).
class link_queue {
public:
    /// Octets that a source may send in one turn.
    static constexpr std::size_t quantum = 4096;

    void push(cargo_ptr what);
    /// The next in turn; nullptr when empty.
    [[nodiscard]] cargo_ptr pop();
    [[nodiscard]] std::vector<cargo_ptr> take_all();
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool empty() const { return m_size == 0; }

private:
    struct lane {
        std::deque<cargo_ptr> control;
        std::deque<cargo_ptr> bulk;
        std::size_t credit = 0;
        [[nodiscard]] bool empty() const { return control.empty() && bulk.empty(); }
    };

    std::map<wallet_address, lane> m_lanes;
    std::list<wallet_address> m_turns; // lanes that hold something; the front is served
    std::size_t m_size = 0;
};

} // namespace tau::forward
