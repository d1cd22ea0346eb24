#include "core/clock.hpp"

namespace tau {

moment system_clock_source::now() const {
    return {steady_clock::now(),
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
}

} // namespace tau
