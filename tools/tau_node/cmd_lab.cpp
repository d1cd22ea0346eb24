#include "tau_node/commands.hpp"
#include "tau_node/lab.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

void print_totals(command_context const& context, lab& where, std::chrono::milliseconds elapsed) {
    auto const t = where.totals();
    auto const& g = t.gets;
    if (context.is_json())
        return print_json({{"nodes", where.nodes()},
                           {"sent", t.sent},
                           {"delivered", t.delivered},
                           {"read", t.read},
                           {"attachments_ok", t.attachments_ok},
                           {"gets",
                            {{"local", g.gets_local},
                             {"direct", g.gets_direct},
                             {"recursive", g.gets_recursive},
                             {"failed", g.gets_failed}}},
                           {"elapsed_ms", elapsed.count()}});
    print_line(fmt::format("\n{} nodes, {} killed. Messages: {} sent, {} delivered, {} read; "
                           "pictures intact: {} of {}.",
                           where.nodes(), where.killed(), t.sent, t.delivered, t.read,
                           t.attachments_ok, t.attachments_sent));
    print_line(fmt::format("Gets: {} local, {} direct, {} recursive, {} failed. {:.1f} s in all.",
                           g.gets_local, g.gets_direct, g.gets_recursive, g.gets_failed,
                           static_cast<double>(elapsed.count()) / 1000));
}

} // namespace

exit_code cmd_lab(command_context const& context, lab_arguments const& arguments) {
    if (context.is_json() && !arguments.once)
        throw usage_error("the lab's prompt is for people: use --json with --once");
    lab where(static_cast<std::size_t>(arguments.nodes), [&context](std::string const& line) {
        if (!context.is_json())
            print_line(line);
    });
    run_lab_script(where);
    auto const elapsed = where.elapsed();
    print_totals(context, where, elapsed);
    if (!arguments.once)
        run_lab_prompt(where);
    return exit_code::done;
}

} // namespace tau::node
