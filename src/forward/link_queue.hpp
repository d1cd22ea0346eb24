#pragma once

#include "forward/cargo.hpp"

#include <deque>
#include <list>
#include <map>
#include <vector>

namespace tau::forward {

/// Which frames may go: all, or those that are small.
enum class load { any, light };

/// What waits to go out over one link, served fairly: deficit round robin over the
/// neighbours that it came from, so that a flood from one costs the others nothing but
/// their turn. Of one source acknowledgements go before messages, and messages before the
/// large frames that files come in, which still have a share of what it sends.
///
/// Threading: one thread. Bounded by what each source may have waiting (engine).
class link_queue {
public:
    /// Octets that a source may send in one turn.
    static constexpr std::size_t quantum = 4096;
    /// Octets of small messages of one source before a large frame of the same source that
    /// waits: four parts of five for the small ones, if there are that many.
    static constexpr std::size_t light_share = 4 * 16'384;

    void push(cargo_ptr what);
    /// The next in turn; nullptr when there is none.
    [[nodiscard]] cargo_ptr pop(load which = load::any);
    [[nodiscard]] std::vector<cargo_ptr> take_all();
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool empty() const { return m_size == 0; }

private:
    using frames = std::deque<cargo_ptr>;
    struct lane {
        frames control;
        frames light;
        frames bulk;
        std::size_t credit = 0;
        std::size_t since_bulk = 0; // octets of light ones that went before one of bulk
        [[nodiscard]] bool empty() const {
            return control.empty() && light.empty() && bulk.empty();
        }
        // nullptr if nothing of it may go.
        [[nodiscard]] frames* next(load which);
    };

    std::map<wallet_address, lane> m_lanes;
    std::list<wallet_address> m_turns; // lanes that hold something; the front is served
    std::size_t m_size = 0;
};

} // namespace tau::forward
