#include "core/clock.hpp"
#include "identity/data_lock.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"

#include <nlohmann/json.hpp>

#include <thread>

namespace tau::node {
namespace {

using namespace std::chrono_literals;

// A daemon lets go of its folder when everything is on disk.
constexpr auto stop_wait = 60s;
constexpr auto poll_interval = 10ms;

} // namespace

exit_code cmd_stop(command_context const& context) {
    daemon_client client(context.data);
    client.post("/v1/stop", nlohmann::json::object());
    progress_line progress(context.form);
    progress.show("stopping ...");
    auto const deadline = steady_clock::now() + stop_wait;
    while (identity::data_lock::holder(context.data.path())) {
        if (steady_clock::now() > deadline)
            throw failure(exit_code::timed_out, "timed_out", "the daemon has not stopped yet");
        std::this_thread::sleep_for(poll_interval);
    }
    progress.clear();
    if (context.is_json())
        print_json({{"stopped", true}});
    else
        print_line("stopped");
    return exit_code::done;
}

} // namespace tau::node
