// Images resized with bilinear interpolation, and the gradients of both ways of resizing. `shape` holds the batch size,
// the height and width of the image, the number of channels, and the height and width of the resized image.
#pragma once
#include "binding.h"

namespace roga {

/** y, the resized image, of x; with the options of TensorFlow.js. */
void resizeBilinear(ConstFloats x, Floats y, Ints shape, bool alignCorners, bool halfPixelCenters);

/** dx, of the image's size, of dy, of that of the resized one; `nearest` where a pixel is a copy of the nearest one. */
void resizeBackward(ConstFloats dy, Floats dx, Ints shape, bool nearest, bool alignCorners, bool halfPixelCenters);

}  // namespace roga
