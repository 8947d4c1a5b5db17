/* Human activity from a stream of motion, in C: skips what matters little, and less and less of it is allowed as the
   battery falls.

   usage: activity < inputs, 9 numbers of 4 bytes each; prints the six probabilities after each input. */

#include <inttypes.h>
#include <stdio.h>

#include "har_skipping_window.h"

/* Inputs from one change of the battery to the next. */
#define CHANGE 16

int main(void) {
    static HarSkippingWindow model;
    float input[HAR_SKIPPING_WINDOW_INPUT_SIZE];
    uint32_t steps = 0;

    har_skipping_window_init(&model);
    while (fread(input, sizeof *input, HAR_SKIPPING_WINDOW_INPUT_SIZE, stdin) == HAR_SKIPPING_WINDOW_INPUT_SIZE) {
        const float *output;
        if (steps > 0 && steps % CHANGE == 0) {
            har_skipping_window_set_budget(&model, har_skipping_window_budget(&model) / 2);
        }
        output = har_skipping_window_step(&model, input);
        for (int at = 0; at < HAR_SKIPPING_WINDOW_OUTPUT_SIZE; at++) {
            printf(at == 0 ? "%a" : " %a", (double)output[at]);
        }
        printf("\n");
        steps++;
    }
    fprintf(stderr, "%" PRIu64 " of %" PRIu64 " steps were executed\n", har_skipping_window_updates(&model),
            har_skipping_window_steps(&model));
    return 0;
}
